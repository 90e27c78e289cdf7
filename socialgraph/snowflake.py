"""64-bit ids that the database makes: time in the high bits, so `ORDER BY id` is `ORDER BY created_at`.

Layout: 41 bits of milliseconds since Twitter's epoch, 10 bits of shard (the session setting `socialgraph.shard`,
default 0), 12 bits of sequence. The SQL function `snowflake()` is in migration 0001 of this app.
"""

import datetime as dt
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

EPOCH_MS = 1_288_834_974_657
"""2010-11-04T01:42:54.657Z, Twitter's own epoch: 41 bits of milliseconds from here last to 2080."""
TIME_SHIFT = 22
_DATETIME_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class SnowflakeField(models.BigAutoField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A primary key filled by the database, for `save`, `bulk_create`, COPY and psql alike; own ids are accepted."""

    def db_type_suffix(self, connection: BaseDatabaseWrapper) -> str:
        return "DEFAULT snowflake()"

    def deconstruct(self) -> Any:  # django-stubs gives the parent no usable type
        name, _, args, kwargs = super().deconstruct()
        return name, "socialgraph.snowflake.SnowflakeField", args, kwargs


def first_id_at(moment: dt.datetime) -> int:
    """The smallest id of that millisecond: everything made earlier is below it. `moment` is aware."""
    return (_milliseconds(moment) - EPOCH_MS) << TIME_SHIFT


def moment_of(snowflake: int) -> dt.datetime:
    """The UTC millisecond in which the id was made."""
    return _DATETIME_EPOCH + dt.timedelta(milliseconds=(snowflake >> TIME_SHIFT) + EPOCH_MS)


def _milliseconds(moment: dt.datetime) -> int:
    return (moment - _DATETIME_EPOCH) // dt.timedelta(milliseconds=1)
