"""The last hour as small drawings, made on the server: they need no script and no inline style."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dashboard.templatetags.figures import ms, per_second, size, whole
from socialgraph.metrics import Recorded
from socialgraph.windows import Window

WIDTH, HEIGHT, TOP = 300, 60, 4
SPAN = 3_600
GAP_SECONDS = 90
"""Points further apart than this are not joined: nothing is known of the time between."""

Point = tuple[float, float | None]


@dataclass(frozen=True)
class Chart:
    key: str
    title: str
    source: str
    """Where the figures come from."""
    show: Callable[[float | None], str]
    points: list[Point]
    begin: float

    @property
    def known(self) -> list[tuple[float, float]]:
        return [(at, value) for at, value in self.points if value is not None]

    @property
    def now(self) -> str:
        """The newest figure, unless it is older than a few minutes."""
        known = self.known
        return self.show(known[-1][1] if known and known[-1][0] > self.begin + SPAN - 180 else None)

    @property
    def highest(self) -> str:
        return self.show(max((value for _, value in self.known), default=None))

    @property
    def line(self) -> str:
        return " ".join(
            f"M{' L'.join(_pair(x, y) for x, y in part)}{' h0.01' * (len(part) == 1)}" for part in self._parts()
        )

    @property
    def area(self) -> str:
        return " ".join(
            f"M{part[0][0]:.1f},{HEIGHT} L{' L'.join(_pair(x, y) for x, y in part)} L{part[-1][0]:.1f},{HEIGHT} Z"
            for part in self._parts()
        )

    @property
    def rows(self) -> list[tuple[dt.datetime, str]]:
        """The newest first, one for each minute: of several figures the highest."""
        minutes: dict[int, float] = {}
        for at, value in self.known:
            minutes[int(at // 60)] = max(value, minutes.get(int(at // 60), value))
        return [(dt.datetime.fromtimestamp(m * 60, dt.UTC), self.show(v)) for m, v in sorted(minutes.items())[::-1]]

    def _parts(self) -> list[list[tuple[float, float]]]:
        top = max((value for _, value in self.known), default=0) or 1
        parts: list[list[tuple[float, float]]] = []
        last: float | None = None
        for at, value in self.points:
            if value is None:
                last = None
                continue
            if last is None or at - last > GAP_SECONDS:
                parts.append([])
            last = at
            parts[-1].append(((at - self.begin) / SPAN * WIDTH, HEIGHT - value / top * (HEIGHT - TOP)))
        return parts


def _pair(x: float, y: float) -> str:
    return f"{x:.1f},{y:.1f}"


def charts(recorded: Recorded) -> list[Chart]:
    """One for each series that operators watch."""
    begin = recorded.at - SPAN
    slots = _from_the_first_data_on(recorded.minutes)

    def rate(*labels: str, without: frozenset[str] = frozenset()) -> list[Point]:
        return [(_middle(w), _rate(w, labels, without)) for w in slots]

    def percentile(share: float, *labels: str) -> list[Point]:
        return [(_middle(w), w.histogram(*labels).percentile(share)) for w in slots]

    def height(*names: str) -> list[Point]:
        return [(s["at"], sum(s[n] for n in names)) for s in recorded.samples if all(n in s for n in names)]

    memory = ("memory timelines", "memory cache", "memory broker")
    return [
        Chart("requests", "Requests", "Counted by every web process; without files, probes and this board.", per_second,
              rate("request", without=UNCOUNTED), begin),
        Chart("home", "Home page, p95", "Time of GET home in the web processes, members only.", ms,
              percentile(0.95, "request", "GET home"), begin),
        Chart("posts", "Posts", "Counted when the transaction of a post is committed.", per_second,
              rate("event", "tweet_posted"), begin),
        Chart("deliveries", "Deliveries", "Pushes that reached a timeline, by each step of a fan-out.", per_second,
              rate("deliveries"), begin),
        Chart("lag", "Fan-out lag, p95", "From the post's commit to its last delivery, by the database's clock.", ms,
              percentile(0.95, "lag"), begin),
        Chart("backlog", "Outbox backlog", "Pending events, sampled every 10 s by the periodic worker.", whole,
              height("backlog"), begin),
        Chart("queued", "Queued tasks", "Messages waiting on the broker in all queues, sampled every 10 s.", whole,
              height("queued"), begin),
        Chart("memory", "Memory of Redis", "Timelines, cache and broker together, sampled every 10 s.", size,
              height(*memory), begin),
    ]  # fmt: skip


UNCOUNTED = frozenset(
    {"GET health", "GET livez", "GET readyz", "GET (files)", "HEAD (files)", "GET dashboard", "GET dashboard_figures"}
)
"""Answers that nobody of the public asked for."""


def public_count(window: Window, *status: str) -> int:
    """Requests without the uncounted ones, of all or certain status classes."""
    return sum(
        histogram.count
        for series, histogram in window.series.items()
        if series[0] == "request" and series[1] not in UNCOUNTED and (not status or series[2] in status)
    )


def _rate(window: Window, labels: tuple[str, ...], without: frozenset[str]) -> float:
    number = public_count(window) if without else window.count(*labels)
    return number / window.seconds


def _middle(window: Window) -> float:
    return window.begin + window.seconds / 2


def _from_the_first_data_on(minutes: Iterable[Window]) -> list[Window]:
    """Before it there is no data, after it an empty minute is a zero. A minute that has hardly begun says nothing."""
    slots = [window for window in minutes if window.seconds >= 10]
    first = next((place for place, window in enumerate(slots) if window.series), len(slots))
    return slots[first:]
