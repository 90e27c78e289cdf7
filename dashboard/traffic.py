"""Requests, posts, deliveries and tasks, as the processes recorded them."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.charts import public_count
from socialgraph.histogram import Histogram
from socialgraph.metrics import Recorded
from socialgraph.windows import Window


@dataclass(frozen=True)
class Spread:
    """A distribution in three figures; all None when there are no values."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None

    @classmethod
    def of(cls, histogram: Histogram) -> "Spread":
        return cls(histogram.count, *(histogram.percentile(share) for share in (0.5, 0.95, 0.99)))


@dataclass(frozen=True)
class Route:
    name: str
    now: Spread
    """Of the last five minutes."""
    hour: Spread
    per_second: float
    refused: int
    """Answers with status 400 to 499 in the last hour."""
    failed: int
    """Answers with status 500 to 599 in the last hour."""


@dataclass(frozen=True)
class Task:
    name: str
    hour: Spread
    failed: int


@dataclass(frozen=True)
class Total:
    name: str
    minute: float | None
    """A second, in the last minute."""
    five_minutes: float | None
    hour: int


@dataclass(frozen=True)
class Kept:
    """What was asked of one tier of the caches in the last hour."""

    name: str
    hits: int
    misses: int

    @property
    def hit_rate(self) -> float | None:
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


@dataclass(frozen=True)
class Lag:
    name: str
    spread: Spread
    longest: float | None


def totals(recorded: Recorded) -> list[Total]:
    """Rates; None while nothing at all was recorded."""
    windows = (recorded.minute, recorded.five_minutes, recorded.hour)
    counted = {
        "Requests": [public_count(window) for window in windows],
        "Server errors": [public_count(window, "5xx") for window in windows],
        "Posts": [window.count("event", "tweet_posted") for window in windows],
        "Deliveries": [window.count("deliveries") for window in windows],
        "Measurements lost": [window.count("dropped") for window in windows],
    }
    if not recorded.hour.series:
        return [Total(name, None, None, 0) for name in counted]
    return [
        Total(name, minute / recorded.minute.seconds, five / recorded.five_minutes.seconds, hour)
        for name, (minute, five, hour) in counted.items()
    ]


def routes(recorded: Recorded) -> list[Route]:
    """The busiest first."""
    now = _by_second_label(recorded.five_minutes, "request")
    hour = _by_second_label(recorded.hour, "request")
    found = [
        Route(
            name,
            Spread.of(now.get(name, Histogram())),
            Spread.of(histogram),
            now[name].count / recorded.five_minutes.seconds if name in now else 0.0,
            recorded.hour.count("request", name, "4xx"),
            recorded.hour.count("request", name, "5xx"),
        )
        for name, histogram in hour.items()
    ]
    return sorted(found, key=lambda route: (-route.hour.count, route.name))


def tasks(recorded: Recorded) -> list[Task]:
    """By name."""
    hour = _by_second_label(recorded.hour, "task")
    failed = _by_second_label(recorded.hour, "task_failed")
    return [
        Task(name, Spread.of(hour.get(name, Histogram())), failed[name].count if name in failed else 0)
        for name in sorted(hour.keys() | failed.keys())
    ]


def lags(recorded: Recorded) -> list[Lag]:
    histograms = {
        "last 5 min": recorded.five_minutes.histogram("lag"),
        "last hour": recorded.hour.histogram("lag"),
    }
    return [Lag(name, Spread.of(histogram), histogram.maximum) for name, histogram in histograms.items()]


def kept(recorded: Recorded) -> list[Kept]:
    """The nearest tier first: what it does not have, the next one is asked for."""
    hour = recorded.hour
    tiers = {"Cards in the process": "process", "Cards in the cache": "cache"}
    return [
        Kept(name, hour.count("kept", "cards", tier, "hit"), hour.count("kept", "cards", tier, "miss"))
        for name, tier in tiers.items()
    ]


def built(recorded: Recorded) -> Spread:
    """Lists that Redis did not hold and that were built from PostgreSQL, in the last hour."""
    return Spread.of(recorded.hour.histogram("built"))


def _by_second_label(window: Window, family: str) -> dict[str, Histogram]:
    merged: dict[str, Histogram] = {}
    for labels, histogram in _of(window, family):
        merged.setdefault(labels[1], Histogram()).merge(histogram)
    return merged


def _of(window: Window, family: str) -> Iterable[tuple[tuple[str, ...], Histogram]]:
    return ((labels, histogram) for labels, histogram in window.series.items() if labels[0] == family)
