"""One author, many followers: how long a post takes to reach the last timeline, and what else the server could do.

Three ways to push the same id onto equally full lists of the same server, in turns:
    product   post_tweet, the outbox, Celery workers: from the commit to the last delivery
    plain     a loop in redis-py: RPUSHX and LTRIM for each follower, in pipelines
    bare      a client that only sends the product's own script with the product's own arguments, made before
"""

import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import psutil
from django.conf import settings
from redis import Redis

from accounts.models import User
from dashboard.bench import data
from dashboard.bench.sizes import Installation, size
from socialgraph.redis import WORKER_TIMEOUT, timelines
from timelines.deliveries import Deliveries
from timelines.store import PUSH, Kind, push_calls
from tweets.services import post_tweet

REPEATS = {1_000: 15, 10_000: 9, 100_000: 5}  # by audience; of the next smaller one for others
BYTES_A_FOLLOWER = 2 * 9_500  # two lists: one with the product's mark, one for the plain loop
WINDOW = 2  # calls that the bare client has under way, so that the server never waits for it
PATIENCE_SECONDS = 60


class WrongCount(RuntimeError):
    """Something did not arrive, or arrived twice."""


@dataclass(frozen=True)
class Way:
    name: str
    push: Callable[[], tuple[int, float]]
    """(how many lists were reached, seconds)"""


@dataclass(frozen=True)
class Sizes:
    followers: tuple[int, ...] = size((1_000, 10_000, 100_000), "audiences, with commas", quick=(40, 250))
    repeats: int | None = size(None, "of each way and audience (15, 9 and 5 unless told)", quick=2)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    followers, repeats = sizes.followers, sizes.repeats
    largest = max(followers)
    needed, free = largest * BYTES_A_FOLLOWER, psutil.virtual_memory().available
    if needed * 1.3 > free:
        raise MemoryError(f"{largest} full timelines, twice, take {needed >> 20} MB; {free >> 20} MB are free.")
    server = timelines(WORKER_TIMEOUT)
    everybody = data.people(largest, "f")
    authors = {count: data.people(1, f"a{count}_")[0] for count in followers}
    for count, author_id in authors.items():
        data.follow(everybody[:count], [author_id])
    data.settle()
    data.fill_timelines(server, [Kind.HOME.key(user_id) for user_id in everybody], marked=True)
    data.fill_timelines(server, [_plain_key(user_id) for user_id in everybody], marked=False)
    figures = {str(count): _measure(server, authors[count], everybody[:count], repeats) for count in followers}
    described = {
        "followers": list(followers),
        "timeline_length": settings.TIMELINE_LENGTH,
        "batch": settings.FAN_OUT_BATCH,
        "range": settings.FAN_OUT_RANGE,
    }
    return described, figures


def _measure(server: "Redis", author_id: int, follower_ids: list[int], repeats: int | None) -> dict[str, Any]:
    author = User.objects.get(pk=author_id)
    ways = [
        Way("product", lambda: _product(author)),
        Way("plain", lambda: _plain(server, follower_ids)),
        Way("bare", lambda: _bare(follower_ids)),
    ]
    times = repeats or next((n for size, n in REPEATS.items() if size >= len(follower_ids)), 5)
    seconds: dict[str, list[float]] = {way.name: [] for way in ways}
    for turn in range(-1, times):  # the first one warms up
        for way in ways[turn % 3 :] + ways[: turn % 3]:
            reached, took = way.push()
            if reached != len(follower_ids):
                raise WrongCount(f"{way.name}: {reached} deliveries, expected {len(follower_ids)}")
            if turn >= 0:
                seconds[way.name].append(took)
    return _figures(len(follower_ids), seconds)


def _figures(count: int, seconds: dict[str, list[float]]) -> dict[str, Any]:
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    rates = {name: count / median for name, median in medians.items()}
    return {
        "expected": count,
        "deliveries": count,
        "repeats": len(seconds["product"]),
        "lag_ms": {
            "median": round(1000 * medians["product"], 1),
            "min": round(1000 * min(seconds["product"]), 1),
            "max": round(1000 * max(seconds["product"]), 1),
        },
        "deliveries_per_second": {name: round(rate) for name, rate in rates.items()},
        "share_of_bare": round(rates["product"] / rates["bare"], 3),
        "times_plain": round(rates["product"] / rates["plain"], 2),
    }


def _product(author: User) -> tuple[int, float]:
    deliveries = Deliveries()
    deliveries.follow(post_tweet(author=author, text=f"To everybody, {time.time_ns()}.").tweet.pk)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not deliveries.are_complete():
        if time.monotonic() > deadline:
            raise WrongCount(f"{deliveries.total} deliveries after {PATIENCE_SECONDS} s: do the workers run?")
        time.sleep(0.01)
    return deliveries.total, deliveries.seconds()


def _plain_key(user_id: int) -> str:
    return f"bench:plain:{user_id}"


def _plain(server: "Redis", follower_ids: list[int]) -> tuple[int, float]:
    tweet_id, length = str(_new_id()), Kind.HOME.length
    reached, began = 0, time.perf_counter()
    for start in range(0, len(follower_ids), settings.FAN_OUT_BATCH):
        pipeline = server.pipeline(transaction=False)
        for user_id in follower_ids[start : start + settings.FAN_OUT_BATCH]:
            key = _plain_key(user_id)
            pipeline.rpushx(key, tweet_id)
            pipeline.ltrim(key, -length, -1)
        reached += sum(length_after > 0 for length_after in pipeline.execute()[::2])
    return reached, time.perf_counter() - began


def _bare(follower_ids: list[int]) -> tuple[int, float]:
    """A socket, and bytes that are ready before the clock starts."""
    client = timelines(WORKER_TIMEOUT)
    sha = str(client.script_load(PUSH))
    tweet_id = _new_id()
    batches = [
        follower_ids[start : start + settings.FAN_OUT_BATCH]
        for start in range(0, len(follower_ids), settings.FAN_OUT_BATCH)
    ]
    calls = [
        _packed("EVALSHA", sha, 1, key, *arguments)
        for batch in batches
        for key, arguments in push_calls(Kind.HOME, batch, tweet_id)
    ]
    with _connect(settings.TIMELINES_URL) as connection, connection.makefile("rb") as answers:
        began = time.perf_counter()
        for call in calls[:WINDOW]:
            connection.sendall(call)
        reached = 0
        for place in range(len(calls)):
            reached += _integer(answers.readline())
            for call in calls[place + WINDOW : place + WINDOW + 1]:
                connection.sendall(call)
        return reached, time.perf_counter() - began


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "localhost", parts.port or 6379), WORKER_TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    commands = [["SELECT", parts.path.strip("/") or "0"]]
    if parts.password:
        names = [unquote(parts.username)] if parts.username else []
        commands.insert(0, ["AUTH", *names, unquote(parts.password)])
    for command in commands:
        connection.sendall(_packed(*command))
        said = connection.recv(1024)
        if not said.startswith(b"+OK"):
            raise ConnectionError(f"{command[0]}: {said!r}")
    return connection


def _packed(*words: str | int) -> bytes:
    """A command as the servers' protocol has it."""
    encoded = [str(word).encode() for word in words]
    return b"*%d\r\n%b" % (len(words), b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded))


def _integer(line: bytes) -> int:
    if not line.startswith(b":"):
        raise WrongCount(f"the script answered {line!r}")
    return int(line[1:])


def _new_id() -> int:
    """Of as many digits as the product's."""
    return (time.time_ns() // 1_000_000 - 1_288_834_974_657) << 22
