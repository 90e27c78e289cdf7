"""What was recorded in spans of time, and how a reader comes by it without reading everything each time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from socialgraph.histogram import Histogram

Series = tuple[str, ...]

SETTLED_SECONDS = 15
"""After its end a slot may still grow: processes carry their counts over about once a second."""


@dataclass
class Window:
    """What was recorded from `begin` on, for `seconds`."""

    begin: float
    seconds: float
    series: dict[Series, Histogram] = field(default_factory=dict)

    def histogram(self, *labels: str) -> Histogram:
        """All series that begin with these labels, as one."""
        merged, length = Histogram(), len(labels)
        for series, histogram in self.series.items():
            if series[:length] == labels:
                merged.merge(histogram)
        return merged

    def count(self, *labels: str) -> int:
        return self.histogram(*labels).count

    def merge(self, other: "Window") -> None:
        for series, histogram in other.series.items():
            self.series.setdefault(series, Histogram()).merge(histogram)


class Track:
    """The last `length` slots of `width` seconds. Slots that are over are kept parsed, and so is their sum.

    Without this a busy hour costs its reader 100 ms, in a process that has requests to answer.
    """

    def __init__(self, width: int, length: int) -> None:
        self.width, self.length = width, length
        self.forget()

    def forget(self) -> None:
        self._settled: dict[int, Window] = {}
        self._sum: tuple[range, Window] | None = None

    def slots(self, now: float) -> range:
        last = int(now // self.width)
        return range(last - self.length + 1, last + 1)

    def known(self) -> dict[int, Window]:
        """Slots that need not be read again."""
        return self._settled

    def windows(self, now: float, read: Mapping[int, Window]) -> list[Window]:
        """In order of time, from what was known and read; keeps those that are over."""
        settled = self._settled_of(now)
        self._settled = {slot: read[slot] for slot in settled}
        return [read[slot] for slot in self.slots(now)]

    def total(self, now: float, windows: list[Window]) -> Window:
        settled = self._settled_of(now)
        if self._sum is None or self._sum[0] != settled:
            self._sum = (settled, total(windows[: len(settled)], now)) if settled else None
        before = [self._sum[1]] if self._sum else []
        return total([*before, *windows[len(settled) :]], now)

    def _settled_of(self, now: float) -> range:
        return range(self.slots(now).start, int((now - SETTLED_SECONDS) // self.width))


def total(windows: list[Window], now: float) -> Window:
    """The sum of windows that follow each other up to `now`."""
    merged = Window(windows[0].begin, max(now - windows[0].begin, 1.0))
    for window in windows:
        merged.merge(window)
    return merged
