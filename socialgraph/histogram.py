"""Distributions that can be added up: counts in fixed buckets, the same in every process and on every machine.

The bounds are the preferred numbers R20 (…, 10, 11.2, 12.6, … 25.1, … 50.1, … 100, …), each 12.2 % above the one
before. A percentile is interpolated within its bucket, and the exact value (nearest rank) lies in the same bucket, so
it is less than 12.2 % off, whatever the distribution. The promises' limits of 10, 25, 50 and 100 ms are bounds to
within 0.5 %, so which side of them a percentile lies on is as good as exact.
"""

import math
from collections.abc import Iterable, Mapping

PER_DECADE = 20
RATIO = 10 ** (1 / PER_DECADE)
SMALLEST_MS = 0.01
LARGEST_MS = 1e7
"""About three hours; longer values count as this."""


def bucket_of(milliseconds: float) -> int:
    """Bucket b holds the values from 10^(b/20) to below 10^((b+1)/20) milliseconds."""
    return math.floor(PER_DECADE * math.log10(min(max(milliseconds, SMALLEST_MS), LARGEST_MS)))


def lower_bound(bucket: int) -> float:
    return float(10 ** (bucket / PER_DECADE))


class Histogram:
    """How many values fell into which bucket."""

    __slots__ = ("_counts",)

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self._counts: dict[int, int] = dict(counts or {})

    @classmethod
    def of(cls, values: Iterable[float]) -> "Histogram":
        histogram = cls()
        for value in values:
            histogram.add(bucket_of(value))
        return histogram

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, bucket: int, times: int = 1) -> None:
        self._counts[bucket] = self._counts.get(bucket, 0) + times

    def merge(self, other: "Histogram") -> None:
        for bucket, times in other._counts.items():
            self.add(bucket, times)

    @property
    def count(self) -> int:
        return sum(self._counts.values())

    def percentile(self, share: float) -> float | None:
        """The value that `share` (0 to 1) of all values do not exceed, in milliseconds; None when there are none."""
        count = self.count
        if not count:
            return None
        rank, below = max(1, math.ceil(share * count)), 0
        for bucket in sorted(self._counts):
            times = self._counts[bucket]
            if below + times >= rank:
                return lower_bound(bucket) * float(RATIO ** ((rank - below - 0.5) / times))
            below += times
        raise AssertionError("the ranks end with the count")

    @property
    def maximum(self) -> float | None:
        """What no value reaches: the upper bound of the highest bucket, at most 12.2 % above the greatest value."""
        return lower_bound(max(self._counts) + 1) if self._counts else None
