"""What the product promises, beside what it does now. A row without requests has no data and is never called kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dashboard.charts import public_count
from dashboard.templatetags.figures import NO_DATA, ms, per_second, whole
from socialgraph.histogram import Histogram
from socialgraph.metrics import Recorded
from socialgraph.windows import Window


class Status(StrEnum):
    OK = "ok"
    LATE = "late"
    NO_DATA = "no data yet"
    FEW = "too few"
    """Fewer than JUDGED_FROM answers: a percentile of them says nothing."""
    BENCHMARK = "by benchmark"
    """Only a load at the promised height can tell; what was seen so far stands beside it."""


@dataclass(frozen=True)
class Latency:
    """Percentiles (share -> milliseconds) of certain routes, refusals and errors not counted."""

    name: str
    limits: dict[float, float]
    routes: tuple[str, ...]
    hint: str = ""

    @property
    def target(self) -> str:
        limits = (f"p{share * 100:.0f} < {limit} ms" for share, limit in self.limits.items())
        return ", ".join(limit.replace(" ", "\u00a0") for limit in limits)


LATENCIES = (
    Latency("Home timeline, page", {0.95: 50, 0.99: 100}, ("GET home",)),
    Latency("Home timeline, API", {0.95: 50, 0.99: 100}, ("GET api/users/<int:user_id>/timeline",)),
    Latency("User look-up, API", {0.99: 10}, ("GET api/users/<str:who>",)),
    Latency(
        "Follow and unfollow",
        {0.95: 25},
        ("POST follow", "POST unfollow", *(f"{verb} api/users/<int:user_id>/follow" for verb in ("POST", "DELETE"))),
    ),
    Latency("Search", {0.95: 100}, ("GET search", "GET api/search")),
    Latency("Sign-up", {0.95: 50}, ("POST account_signup", "POST api/users"), "with the password's hash in it"),
    Latency("Bookmarks list", {0.95: 50}, ("GET bookmarks", "GET api/bookmarks")),
)
BOOKMARKING = (
    *("POST bookmark", "POST unbookmark"),
    *(f"{verb} api/tweets/<tweet_id:tweet_id>/bookmark" for verb in ("POST", "DELETE")),
)
ANSWERED = ("2xx", "3xx")
JUDGED_FROM = 20


@dataclass(frozen=True)
class Row:
    name: str
    target: str
    now: str
    """In the last five minutes."""
    hour: str
    status: Status
    hint: str = ""
    of_now: str = ""
    """How much the figure rests on."""
    of_hour: str = ""


def rows(recorded: Recorded, sampled: "tuple[int, int] | None") -> list[Row]:
    """`sampled` is (checked, wrong) of the last sampled check."""
    return [
        *(_latency(promise, recorded) for promise in LATENCIES),
        _errors(recorded),
        _drift(sampled),
        Row("Caches", "90 % fewer queries", "", "", Status.BENCHMARK, "manage.py bench caches"),
        _home_rate(recorded),
        _bookmarking(recorded),
        _fan_out(recorded),
        Row("1,000 people at once", "no errors, no slower", "", "", Status.BENCHMARK, "scripts/load_test.sh mix"),
        Row("Viral post, mass sign-up", "all succeed, counts exact", "", "", Status.BENCHMARK, "scripts/load_test.sh"),
    ]


def answered(window: Window, routes: Iterable[str]) -> Histogram:
    merged = Histogram()
    for route in routes:
        for status in ANSWERED:
            merged.merge(window.histogram("request", route, status))
    return merged


def _latency(promise: Latency, recorded: Recorded) -> Row:
    now, hour = (answered(window, promise.routes) for window in (recorded.five_minutes, recorded.hour))
    judged = now if now.count >= JUDGED_FROM else hour
    if judged.count < JUDGED_FROM:
        status = Status.FEW if judged.count else Status.NO_DATA
    else:
        late = any((judged.percentile(share) or 0) >= limit for share, limit in promise.limits.items())
        status = Status.LATE if late else Status.OK
    shown_now, shown_hour = _percentiles(now, promise.limits), _percentiles(hour, promise.limits)
    of_now, of_hour = (f"of {histogram.count:,}" if histogram.count else "" for histogram in (now, hour))
    return Row(promise.name, promise.target, shown_now, shown_hour, status, promise.hint, of_now, of_hour)


def _percentiles(histogram: Histogram, shares: Iterable[float]) -> str:
    if not histogram.count:
        return NO_DATA
    return ", ".join(ms(histogram.percentile(share)) for share in shares)


def _errors(recorded: Recorded) -> Row:
    now, hour = recorded.five_minutes, recorded.hour
    wrong = public_count(now, "5xx")
    status = Status.LATE if wrong else Status.OK if public_count(hour) else Status.NO_DATA
    return Row("Server errors", "none", _share(now), _share(hour), status, "answers with status 500 to 599")


def _share(window: Window) -> str:
    asked = public_count(window)
    return f"{public_count(window, '5xx'):,} of {asked:,}" if asked else NO_DATA


def _drift(sampled: "tuple[int, int] | None") -> Row:
    if sampled is None:
        return Row("Counts and timelines", "exact", NO_DATA, "", Status.NO_DATA, "sampled check, once a minute")
    checked, wrong = sampled
    status = Status.LATE if wrong else Status.OK
    return Row("Counts and timelines", "exact", f"{wrong} wrong of {checked}", "", status, "sampled check, last minute")


def _home_rate(recorded: Recorded) -> Row:
    routes = ("GET home", "GET api/users/<int:user_id>/timeline")
    now = answered(recorded.minute, routes).count / recorded.minute.seconds
    most = max((answered(minute, routes).count / minute.seconds for minute in recorded.minutes), default=0)
    shown = (per_second(now), per_second(most)) if most else (NO_DATA, NO_DATA)
    return _capacity("Home timelines", "200 requests/s", shown, "manage.py bench home")


def _bookmarking(recorded: Recorded) -> Row:
    now = answered(recorded.minute, BOOKMARKING).count
    most = max((answered(minute, BOOKMARKING).count for minute in recorded.minutes), default=0)
    shown = (f"{whole(now)}/min", f"{whole(most)}/min") if most else (NO_DATA, NO_DATA)
    return _capacity("Bookmark operations", "10,000/min", shown, "manage.py bench bookmarks")


def _fan_out(recorded: Recorded) -> Row:
    now = recorded.minute.count("deliveries") / recorded.minute.seconds
    most = max((minute.count("deliveries") / minute.seconds for minute in recorded.minutes), default=0)
    shown = (per_second(now), per_second(most)) if most else (NO_DATA, NO_DATA)
    return _capacity("Fan-out", "345,000 deliveries/s", shown, "manage.py bench fan_out")


def _capacity(name: str, target: str, shown: tuple[str, str], benchmark: str) -> Row:
    """`shown` is (in the last minute, in the best minute of the hour)."""
    return Row(name, target, shown[0], shown[1], Status.BENCHMARK, benchmark, "last minute", "at most")
