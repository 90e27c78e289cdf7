"""Home timelines that Redis does not hold: how long the read takes that builds one, and many such reads at once.

A cold read is timed whole, from the question to the cards. At once: many people who were away, and one of them many
times; PostgreSQL itself says how often a timeline was built.
"""

import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from dashboard.bench import client, data
from dashboard.bench.home import LIMIT, NotTheSame, json_request, percentiles, token_of
from dashboard.bench.sizes import Installation, size
from dashboard.bench.statements import watched
from socialgraph.bulk import fast_filling
from timelines import selectors, store
from timelines.home import home_page
from timelines.pull import pull
from timelines.store import Kind

SEED = 6
QUIET_SHARE = 0.02  # of all tweets, by the quiet half of all authors
DOORS = 8  # readers at the same moment, as many as the web server has threads
ROUNDS = 5
CHECKED = 20  # of those who came back, whose lists are compared with the plain join
BUILDING = "SELECT u.graph_version, ARRAY("
"""How the statement of `timelines.selectors.home_snapshot` begins."""
AFTERWARDS = 100  # files that are open besides connections

# The first busy ones post most: of 5,000 the ten first write one tweet in 22.
_TWEETS = """
INSERT INTO tweets (author_id, text)
SELECT CASE WHEN random() < %(share)s THEN a.quiet[1 + floor(random() * %(authors)s)::int]
    ELSE a.busy[1 + floor(power(random(), 2) * %(authors)s)::int] END, 'Number ' || n
FROM generate_series(1, %(tweets)s) n, (SELECT %(quiet)s::bigint[] AS quiet, %(busy)s::bigint[] AS busy OFFSET 0) a
"""
# All of each followee's newest: what a timeline was built by before it was done in two looks.
_WHOLE = """
SELECT newest.id FROM (SELECT followee_id AS id FROM follows WHERE follower_id = %(viewer)s UNION ALL SELECT %(viewer)s)
author CROSS JOIN LATERAL (
    SELECT t.id FROM tweets t WHERE t.author_id = author.id AND t.deleted_at IS NULL ORDER BY t.id DESC LIMIT %(count)s
) newest ORDER BY newest.id DESC LIMIT %(count)s
"""


@dataclass(frozen=True)
class Sizes:
    tweets: int = size(1_000_000, "of all authors", quick=3_000)
    followees: tuple[int, ...] = size((10, 500, 5_000), "of the readers, with commas", quick=(5, 30))
    requests: int = size(40, "cold reads of each reader, each way", quick=3)
    returning: int = size(1_000, "people who come back at once", quick=12)
    followed: int = size(200, "accounts that each of them follows", quick=8)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    most = max(*sizes.followees, sizes.followed)
    busy, quiet = data.people(most, "busy"), data.people(most, "quiet")
    _fill(sizes.tweets, busy, quiet)
    readers = {
        f"{count} {name}": _reader(f"{name[0]}{count}_", who[:count])
        for count in sizes.followees
        for name, who in (("busy", busy), ("quiet", quiet))
    }
    returning = _people_who_were_away(sizes, busy)
    data.settle()
    described = {
        "users": User.objects.count(),
        "tweets": sizes.tweets,
        "tweets_of_quiet_accounts": QUIET_SHARE,
        "timeline_length": Kind.HOME.length,
        "page": LIMIT,
        "returning": sizes.returning,
        "accounts_that_they_follow": sizes.followed,
        "readers_at_the_same_moment": DOORS,
    }
    return described, {
        "cold": {name: _cold(reader, sizes.requests, installation) for name, reader in readers.items()},
        "returning": _many_people(returning, installation),
        "one_of_them": _one_person(readers[f"{max(sizes.followees)} busy"], sizes.returning // 5, installation),
        "without_the_lock": _without_the_lock(readers[f"{max(sizes.followees)} busy"]),
    }


def _fill(tweets: int, busy: list[int], quiet: list[int]) -> None:
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        fast_filling(cursor, {"tweets": tweets, "tweet_counts": tweets}),
    ):
        values: dict[str, Any] = {
            "share": QUIET_SHARE,
            "authors": len(busy),
            "tweets": tweets,
            "quiet": quiet,
            "busy": busy,
        }
        cursor.execute(_TWEETS, values)


def _reader(prefix: str, followees: list[int]) -> User:
    [user_id] = data.people(1, prefix)
    data.follow([user_id], followees)
    return User.objects.get(pk=user_id)


def _people_who_were_away(sizes: Sizes, busy: list[int]) -> list[User]:
    random = Random(SEED)
    user_ids = data.people(sizes.returning, "away")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE users SET last_active_on = current_date - 60 WHERE id = ANY(%s)", [user_ids])
        with cursor.copy("COPY follows (follower_id, followee_id) FROM STDIN") as copy:
            for user_id in user_ids:
                for followee_id in random.sample(busy, sizes.followed):
                    copy.write_row((user_id, followee_id))
    return list(User.objects.filter(pk__in=user_ids).order_by("pk"))


def _cold(reader: User, requests: int, installation: Installation) -> dict[str, Any]:
    """The list is dropped before each read. In turns with what else could give the same ids."""
    request = json_request(reader, token_of(reader))
    ways: dict[str, Callable[[], Any]] = {
        "in_process": lambda: home_page(reader, limit=LIMIT),
        "http": lambda: _answered(client.load(installation.base_url, [request], 0.0)),
        "plain_join": lambda: pull(reader.pk, limit=Kind.HOME.length),
        "whole_lists": lambda: _whole(reader.pk),
    }
    expected = ways["plain_join"]()
    if not expected == ways["whole_lists"]() == selectors.home_snapshot(reader.pk, Kind.HOME.length).ids:
        raise NotTheSame(f"The timelines of {reader.username} differ.")
    took: dict[str, list[float]] = {name: [] for name in ways}
    spent = 0.0
    with watched() as asked:
        for _ in range(requests):
            for name, way in ways.items():
                store.drop(Kind.HOME, [reader.pk])
                began, spent_before = time.perf_counter(), time.process_time()
                way()
                took[name].append(1000 * (time.perf_counter() - began))
                spent += time.process_time() - spent_before if name == "in_process" else 0.0
    built = asked.only(BUILDING)
    return {
        "requests": requests,
        "ids": len(expected),
        "built": built.calls,
        **{f"{name}_ms": percentiles(sorted(took[name])) for name in ("in_process", "http")},
        "processor_ms": round(1000 * spent / requests, 2),
        "postgresql_ms": round(built.milliseconds / max(1, built.calls), 2),
        "postgresql_blocks": round(built.blocks / max(1, built.calls)),
        **{f"{name}_ms": round(statistics.median(took[name]), 2) for name in ("plain_join", "whole_lists")},
    }


def _whole(reader_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_WHOLE, {"viewer": reader_id, "count": Kind.HOME.length})
        return [row[0] for row in cursor.fetchall()]


def _many_people(people: list[User], installation: Installation) -> dict[str, Any]:
    """All of them at once, each for the first time since long; then all again, when their lists are there."""
    requests = [json_request(user, token_of(user)) for user in people]
    cold, cold_figures = _at_once(requests, installation)
    if any(stored is None for stored in store.read(Kind.HOME, [user.pk for user in people])):
        raise NotTheSame("Somebody who came back has no timeline.")
    for user in people[:: max(1, len(people) // CHECKED)]:
        [stored] = store.read(Kind.HOME, [user.pk])
        if stored is None or sorted(set(stored.ids), reverse=True) != pull(user.pk, limit=Kind.HOME.length):
            raise NotTheSame(f"The timeline of {user.username} is not what the plain join gives.")
    warm, warm_figures = _at_once(requests, installation)
    return {"cold": cold_figures, "warm": warm_figures, "cold_to_warm": round(cold.seconds / warm.seconds, 2)}


def _one_person(user: User, times: int, installation: Installation) -> dict[str, Any]:
    """The same cold timeline over so many connections at once; the round that took longest."""
    rounds = []
    for _ in range(ROUNDS):
        store.drop(Kind.HOME, [user.pk])
        rounds.append(_at_once([json_request(user, token_of(user))] * max(2, times), installation)[1])
    worst = max(rounds, key=lambda figures: float(figures["seconds"]))
    return {"rounds": ROUNDS, "built": sum(figures.pop("built") for figures in rounds), **worst}


def _at_once(requests: list[bytes], installation: Installation) -> tuple[client.Result, dict[str, Any]]:
    """Each over a connection of its own, all sent before the first answer is read."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, len(requests) + AFTERWARDS)), hard))
    with watched() as asked:
        result = _answered(client.load(installation.base_url, requests, 0.0))
    return result, {
        "requests": len(result.latencies_ms),
        "built": asked.only(BUILDING).calls,
        "seconds": round(result.seconds, 2),
        "requests_per_second": round(result.per_second, 1),
        "latency_ms": percentiles(result.latencies_ms),
        "postgresql_ms_of_building": round(asked.only(BUILDING).milliseconds),
    }


def _answered(result: client.Result) -> client.Result:
    if set(result.statuses) != {200}:
        raise NotTheSame(f"answers {dict(result.statuses)}")
    return result


def _without_the_lock(user: User) -> dict[str, Any]:
    """So many readers of one cold timeline in threads: as the product does it, and if each built it for itself."""

    def alone(_: int) -> None:
        try:
            selectors.home_snapshot(user.pk, Kind.HOME.length)
        finally:
            connection.close()

    def together(_: int) -> None:
        try:
            home_page(user, limit=LIMIT)
        finally:
            connection.close()

    figures: dict[str, Any] = {}
    for name, way in (("together", together), ("each_alone", alone)):
        store.drop(Kind.HOME, [user.pk])
        with watched() as asked, ThreadPoolExecutor(DOORS) as threads:
            began = time.perf_counter()
            list(threads.map(way, range(DOORS)))
            took = time.perf_counter() - began
        built = asked.only(BUILDING)
        figures[name] = {
            "built": built.calls,
            "last_answer_ms": round(1000 * took, 1),
            "postgresql_ms": round(built.milliseconds, 1),
        }
    return figures
