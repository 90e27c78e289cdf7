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
BULK_SHARD = 1023
"""Of ids that bulk loads make by themselves, one load at a time; snowflake() refuses a session that is set to it."""
SEQUENCE_BITS = 12
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


class BulkIds:
    """Ascending ids for many new rows, from this moment on: for loads that would wait for snowflake() most.

    4,096 a millisecond is more than any load writes, so none is of the future when it is committed; and none is made
    twice, because the caller holds `socialgraph.bulk.one_at_a_time` until then.
    """

    def __init__(self, cursor: Any) -> None:
        cursor.execute("SELECT clock_timestamp()")
        self._first_ms = first_id_at(cursor.fetchone()[0]) >> TIME_SHIFT

    def __getitem__(self, place: int) -> int:
        """The id of the row at `place`, from 0."""
        moment, sequence = divmod(place, 1 << SEQUENCE_BITS)
        return (self._first_ms + moment) << TIME_SHIFT | BULK_SHARD << SEQUENCE_BITS | sequence

    def sql(self, place: str) -> str:
        """The same as an SQL expression over the expression `place`."""
        return (
            f"(({self._first_ms} + (({place}) >> {SEQUENCE_BITS})) << {TIME_SHIFT}"
            f" | {BULK_SHARD << SEQUENCE_BITS} | (({place}) & {(1 << SEQUENCE_BITS) - 1}))"
        )
