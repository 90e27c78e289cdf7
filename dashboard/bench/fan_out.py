"""Many followers: how long a post takes to reach the last timeline, and what else the server could do.

`product` is post_tweet, the outbox and Celery workers, from the commit to the last delivery. It takes turns within one
run with the other ways of `fan_out_ways`, on equally full lists of the same server.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil
from django.conf import settings
from redis import Redis

from accounts.models import User
from dashboard.bench import data, fan_out_load, fan_out_ways
from dashboard.bench.fan_out_load import WrongCount, wait
from dashboard.bench.sizes import Installation, size
from socialgraph.redis import WORKER_TIMEOUT, timelines
from timelines.deliveries import Deliveries
from timelines.store import Kind
from tweets.services import post_tweet

REPEATS = {1_000: 15, 10_000: 9, 100_000: 5}  # by audience; of the next smaller one for others
BYTES_A_FOLLOWER = 2 * 9_500  # two lists: one with the product's mark, one for the plain loop


@dataclass(frozen=True)
class Way:
    name: str
    push: Callable[[], tuple[int, float]]
    """(how many lists were reached, seconds)"""


@dataclass(frozen=True)
class Sizes:
    followers: tuple[int, ...] = size((1_000, 10_000, 100_000), "audiences, with commas", quick=(40, 250))
    repeats: int | None = size(None, "of each way and audience (15, 9 and 5 unless told)", quick=2)
    tweets: int = size(15, "one after another to the largest audience, in each of the rounds", quick=2)
    rounds: int = size(3, "of product, bare and script in turns, with that many tweets", quick=1)
    seconds: int = size(20, "of posting while lags are measured", quick=1)
    rate: int = size(100, "posts a second meanwhile", quick=10)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    followers = sizes.followers
    largest = max(followers)
    needed, free = largest * BYTES_A_FOLLOWER, psutil.virtual_memory().available
    if needed * 1.3 > free:
        raise MemoryError(f"{largest} full timelines, twice, take {needed >> 20} MB; {free >> 20} MB are free.")
    server = timelines(WORKER_TIMEOUT)
    everybody = data.people(largest, "f")
    authors = {count: data.people(1, f"a{count}_")[0] for count in followers}
    for count, author_id in authors.items():
        data.follow(everybody[:count], [author_id])
    few = data.people(fan_out_load.QUIET_AUTHORS, "q")
    data.follow(everybody[: fan_out_load.QUIET_FOLLOWERS], few)
    data.settle()
    keys = [Kind.HOME.key(user_id) for user_id in everybody]
    empty = int(server.info("memory")["used_memory"])
    data.fill_timelines(server, keys, marked=True)
    filled = int(server.info("memory")["used_memory"]) - empty
    data.fill_timelines(server, [fan_out_ways.plain_key(user_id) for user_id in everybody], marked=False)
    figures = {str(count): _measure(authors[count], everybody[:count], sizes.repeats) for count in followers}
    author = User.objects.get(pk=authors[largest])
    figures["sustained"] = fan_out_load.sustained(author, everybody, sizes.tweets, sizes.rounds, installation)
    middle = min(followers, key=lambda count: abs(count - 10_000))
    figures["while_posting"] = fan_out_load.while_posting(
        User.objects.get(pk=authors[middle]), middle, list(User.objects.filter(pk__in=few)), sizes.seconds, sizes.rate
    )
    figures["memory"] = _memory(server, keys, filled)
    described = {
        "followers": list(followers),
        "timeline_length": settings.TIMELINE_LENGTH,
        "batch": settings.FAN_OUT_BATCH,
        "range": settings.FAN_OUT_RANGE,
    }
    return described, figures


def _measure(author_id: int, follower_ids: list[int], repeats: int | None) -> dict[str, Any]:
    author = User.objects.get(pk=author_id)
    ways = [
        Way("product", lambda: _product(author)),
        Way("plain", lambda: fan_out_ways.plain(follower_ids)),
        Way("bare", lambda: fan_out_ways.bare(follower_ids)),
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
    wait(deliveries)
    return deliveries.total, deliveries.seconds()


def _memory(server: "Redis", keys: list[str], filled: int) -> dict[str, Any]:
    """Of lists of TIMELINE_LENGTH to TIMELINE_SLACK more ids, after all the pushes above."""
    some = keys[:: max(1, len(keys) // 500)]
    each = [int(server.memory_usage(key, samples=0) or 0) for key in some]
    return {
        "lists": len(keys),
        "bytes_of_the_server_each": round(filled / len(keys)),
        "memory_usage_mean": round(statistics.mean(each)),
        "memory_usage_max": max(each),
    }
