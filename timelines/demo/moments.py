"""Times and ids of the demo's past."""

import datetime as dt

from django.utils import timezone

from socialgraph.snowflake import BULK_SHARD, SEQUENCE_BITS, first_id_at


class Moments:
    """Times and ids before now. The ids of a moment differ from each other and from any that the database makes."""

    def __init__(self) -> None:
        self._now = timezone.now()
        self._given: set[int] = set()

    def at(self, days_ago: float) -> dt.datetime:
        return self._now - dt.timedelta(days=days_ago)

    def id_at(self, days_ago: float) -> int:
        number = first_id_at(self.at(days_ago)) | BULK_SHARD << SEQUENCE_BITS
        while number in self._given:
            number += 1
        self._given.add(number)
        return number
