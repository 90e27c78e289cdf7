"""The fan-out under load: many tweets one after another, and the lag of a large audience while many people post."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psutil
from django.db import connection
from redis import Redis

from accounts.models import User
from dashboard.bench import fan_out_ways
from dashboard.bench.sizes import Installation
from socialgraph.redis import WORKER_TIMEOUT, timelines
from timelines.deliveries import Deliveries
from timelines.store import Kind
from tweets.services import post_tweet

PATIENCE_SECONDS = 60
PENDING = 3  # tweets that wait for the workers at a time in the sustained run
QUIET_AUTHORS = 50
QUIET_FOLLOWERS = 10
BUSY_EVERY = 50  # of the posts one is by the author of many
POSTERS = 4
STALL_MS = 5
READ_PAUSE_SECONDS = 0.005


class WrongCount(RuntimeError):
    """Something did not arrive, or arrived twice."""


def wait(deliveries: Deliveries, pending: int = 0) -> None:
    """Until at most so many tweets are not delivered."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while deliveries.look() is not None and deliveries.pending > pending:
        if time.monotonic() > deadline:
            raise WrongCount(f"{deliveries.total} deliveries after {PATIENCE_SECONDS} s: do the workers run?")
        time.sleep(0.01)


def sustained(
    author: User, follower_ids: list[int], tweets: int, rounds: int, installation: Installation
) -> dict[str, Any]:
    """Rates of many tweets one after another, the processor time of each part, and what readers felt of it."""
    expected = tweets * len(follower_ids)
    seconds = {"product": 0.0, "bare": 0.0}
    spent: dict[str, float] = {}
    busy = {"product": 0.0, "bare": 0.0}
    felt: list[float] = []
    long_commands = 0
    for _ in range(rounds):
        before, server_before = _processor_times(installation), _server_time()
        with _slow_commands() as slow, _reader(Kind.HOME.key(follower_ids[0])) as waits:
            total, took = _product(author, tweets)
        _must_be(total, expected, "product")
        seconds["product"] += took
        server = _server_time() - server_before
        busy["product"] += server
        for part, value in {**_difference(_processor_times(installation), before), "server": server}.items():
            spent[part] = spent.get(part, 0.0) + value
        felt += waits
        long_commands += slow[0]
        server_before = _server_time()
        for _ in range(tweets):
            reached, took = fan_out_ways.bare(follower_ids)
            _must_be(reached, len(follower_ids), "bare")
            seconds["bare"] += took
        busy["bare"] += _server_time() - server_before
    rates = {name: rounds * expected / value for name, value in seconds.items()}
    return {
        "expected": rounds * expected,
        "deliveries": rounds * expected,
        "seconds": round(seconds["product"], 2),
        "deliveries_per_second": {name: round(rate) for name, rate in rates.items()},
        "share_of_bare": round(rates["product"] / rates["bare"], 3),
        "processor_us_a_delivery": {
            part: round(1e6 * value / (rounds * expected), 2) for part, value in sorted(spent.items())
        },
        "server_us_a_delivery": {name: round(1e6 * value / (rounds * expected), 2) for name, value in busy.items()},
        "reader_ms": _percentiles(felt),
        f"commands_over_{STALL_MS}_ms": long_commands,
    }


def _product(author: User, tweets: int) -> tuple[int, float]:
    deliveries = Deliveries()
    for _ in range(tweets):
        wait(deliveries, PENDING - 1)
        deliveries.follow(post_tweet(author=author, text=f"To everybody, {time.time_ns()}.").tweet.pk)
    wait(deliveries)
    return deliveries.total, deliveries.seconds()


def while_posting(busy: User, audience: int, quiet: list[User], seconds: int, rate: int) -> dict[str, Any]:
    """Lags, commit to last delivery, while so many posts a second are made whatever the machine makes of them."""
    followed = {"busy": Deliveries(), "quiet": Deliveries()}
    posts = seconds * rate
    began = time.monotonic()

    def post(number: int) -> None:
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        name, author = ("busy", busy) if number % BUSY_EVERY == 0 else ("quiet", quiet[number % len(quiet)])
        followed[name].follow(post_tweet(author=author, text=f"Of many, {number}, {time.time_ns()}.").tweet.pk)

    with ThreadPoolExecutor(POSTERS, initializer=connection.ensure_connection) as threads:
        list(threads.map(post, range(posts)))
        took = time.monotonic() - began
        list(threads.map(lambda _: connection.close(), range(POSTERS)))
    for deliveries in followed.values():
        wait(deliveries)
    _must_be(followed["busy"].total, followed["busy"].posts * audience, "busy")
    _must_be(followed["quiet"].total, followed["quiet"].posts * QUIET_FOLLOWERS, "quiet")
    return {
        "posts": posts,
        "posts_a_second": round(posts / took, 1),
        "lag_ms": {
            f"{count} followers": {"posts": deliveries.posts, **_percentiles(deliveries.lags_ms())}
            for count, deliveries in ((audience, followed["busy"]), (QUIET_FOLLOWERS, followed["quiet"]))
        },
    }


def _must_be(total: int, expected: int, name: str) -> None:
    if total != expected:
        raise WrongCount(f"{name}: {total} deliveries, expected {expected}")


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        **{f"p{part}": round(ordered[len(ordered) * part // 100], 1) for part in (50, 95, 99)},
        "max": round(ordered[-1], 1),
    }


@contextmanager
def _reader(key: str) -> Iterator[list[float]]:
    """Milliseconds that somebody waits who reads a timeline every few milliseconds meanwhile."""
    waits: list[float] = []
    ended = threading.Event()
    server = timelines(WORKER_TIMEOUT)

    def read() -> None:
        while not ended.wait(READ_PAUSE_SECONDS):
            began = time.perf_counter()
            server.lrange(key, -50, -1)
            waits.append(1000 * (time.perf_counter() - began))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


@contextmanager
def _slow_commands() -> Iterator[list[int]]:
    """How many commands held the server longer than STALL_MS: one number, at the end."""
    server: Redis = timelines(WORKER_TIMEOUT)
    found: list[int] = []
    before = server.config_get("slowlog-log-slower-than")["slowlog-log-slower-than"]
    server.config_set("slowlog-log-slower-than", STALL_MS * 1000)
    server.slowlog_reset()
    try:
        yield found
    finally:
        found.append(int(server.slowlog_len()))
        server.config_set("slowlog-log-slower-than", before or 10_000)


def _server_time() -> float:
    used = timelines(WORKER_TIMEOUT).info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def _processor_times(installation: Installation) -> dict[tuple[str, int], float]:
    """Seconds by (part, process id), of all that the installation runs and of this process."""
    supervisor = psutil.Process(installation.web_pid).parent()
    assert supervisor is not None
    found: dict[tuple[str, int], float] = {}
    for process in [psutil.Process(), *supervisor.children(recursive=True)]:
        try:
            times, words = process.cpu_times(), " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            continue
        found[_part(words), process.pid] = times.user + times.system
    return found


def _part(words: str) -> str:
    parts = {
        "postgres": "postgresql",
        "fanout@": "workers",
        "valkey-broker": "broker",
        "valkey-timelines": "server",
        "-m dashboard.bench": "posting",
    }
    return next((part for text, part in parts.items() if text in words), "others")


def _difference(after: dict[tuple[str, int], float], before: dict[tuple[str, int], float]) -> dict[str, float]:
    spent: dict[str, float] = {}
    for (part, pid), seconds in after.items():
        spent[part] = spent.get(part, 0.0) + seconds - before.get((part, pid), 0.0)
    return spent
