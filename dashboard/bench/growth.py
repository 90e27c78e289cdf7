"""How cost grows with the data: reading home, posting and following among ten thousand, ... a million accounts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from knox.models import get_token_model

from accounts.models import Follow, User
from dashboard.access_paths import PATHS, prepare
from dashboard.bench import client, data
from dashboard.bench.home import NotTheSame, html_request, percentiles, processor_seconds
from dashboard.bench.plot import Line, Panel, draw
from dashboard.bench.sizes import Installation, size
from dashboard.plans import checked
from socialgraph.redis import timelines
from timelines.home import home_page

HAS_CELEBRITIES = True
LIMIT = 50
FOLLOWED = (10, 40)
"""How many a reader of each size follows: else a small graph would have other readers than a large one."""
FOLLOWERS = (10, 1_000)
"""How many follow who posts, and whom the readers follow and unfollow."""
LINES = {
    "Reading home": {"home_html": "HTML page", "home_json": "JSON page", "home_in_process": "in process"},
    "Writing": {"post": "post", "follow": "follow", "unfollow": "unfollow"},
}


@dataclass(frozen=True)
class Sizes:
    users: tuple[int, ...] = size((10_000, 100_000, 1_000_000), "accounts, one data set each", quick=(60, 300))
    readers: int = size(100, "people who read, post, follow and unfollow", quick=5)
    rounds: int = size(5, "times each of them reads home, each way", quick=1)
    svg: str = size("", "a file to draw the figures to")


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    described: dict[str, Any] = {"page": LIMIT, "readers_of_each": sizes.readers, "rounds": sizes.rounds}
    found: dict[int, dict[str, Any]] = {}
    for users in sizes.users:
        if found:
            _empty()
        described[str(users)] = data.world(users)
        found[users] = _measured(sizes, installation)
    access_paths = checked(PATHS, prepare())
    if sizes.svg:
        Path(sizes.svg).write_text(drawing(found), encoding="utf-8")
    first, last = found[sizes.users[0]], found[sizes.users[-1]]
    ratios = {
        way: {
            "p50": round(last[way]["ms"]["p50"] / first[way]["ms"]["p50"], 2),
            "processor": round(last[way]["processor_ms"] / max(0.01, first[way]["processor_ms"]), 2),
        }
        for way in first
    }
    figures = {str(users): values for users, values in found.items()}
    return described, {**figures, "last_to_first": ratios, "plans": access_paths}


def _empty() -> None:
    call_command("flush", interactive=False, verbosity=0)
    timelines().flushdb()


def _measured(sizes: Sizes, installation: Installation) -> dict[str, Any]:
    readers = _chosen("following_count", FOLLOWED, sizes.readers)
    others = _chosen("follower_count", FOLLOWERS, 2 * sizes.readers)
    tokens = {
        reader.pk: {"Authorization": f"Token {get_token_model().objects.create(reader)[1]}"} for reader in readers
    }
    homes = [client.request(f"/api/users/{each.pk}/timeline?limit={LIMIT}", tokens[each.pk]) for each in readers]
    pages = [html_request(each, f"/?limit={LIMIT}") for each in readers]
    posts = [
        client.message("POST", "/api/tweets", tokens[each.pk], {"text": f"The {n}th post of the day."})
        for n, each in enumerate(readers)
    ]
    known = set(Follow.objects.filter(follower__in=readers).values_list("follower_id", "followee_id"))
    pairs = [
        next((a.pk, b.pk) for b in (*others[n:], *others) if b.pk != a.pk and (a.pk, b.pk) not in known)
        for n, a in enumerate(readers)
    ]
    follows, unfollows = (
        [client.message(method, f"/api/users/{b}/follow", tokens[a], {}) for a, b in pairs]
        for method in ("POST", "DELETE")
    )
    for warm_up in (homes, pages):
        _over_http(installation, warm_up)
    # Reading in turns, so that what else the machine does meets all ways alike; then writing.
    ways: dict[str, Callable[[], _Taken]] = {
        "empty": lambda: _over_http(installation, [client.request("/bench/empty", {})] * len(readers)),
        "home_in_process": lambda: _in_process(readers),
        "home_json": lambda: _over_http(installation, homes),
        "home_html": lambda: _over_http(installation, pages),
    }
    taken = {name: [way() for _ in range(sizes.rounds)] for name, way in ways.items()}
    for _ in range(sizes.rounds):
        for name, requests in (("post", posts), ("follow", follows), ("unfollow", unfollows)):
            taken.setdefault(name, []).append(_over_http(installation, requests))
    return {name: _summed(parts) for name, parts in taken.items()}


def _chosen(column: str, between: tuple[int, int], count: int) -> list[User]:
    """The same at each call; others where too few have so many, as in a small graph."""
    by_chance = "SELECT id FROM users WHERE {} BETWEEN %s AND %s ORDER BY md5(username) LIMIT %s".format(column)  # nosec B608 # noqa: UP032
    with connection.cursor() as cursor:
        cursor.execute(by_chance, [*between, count])
        ids = [row[0] for row in cursor.fetchall()]
        if len(ids) < count:
            cursor.execute(by_chance, [0, 2**31 - 1, count])
            ids = [row[0] for row in cursor.fetchall()]
    return list(User.objects.filter(pk__in=ids).order_by("pk"))


@dataclass(frozen=True)
class _Taken:
    latencies_ms: list[float]
    processor_seconds: float
    """Of the web server, or of this process."""


def _over_http(installation: Installation, requests: list[bytes]) -> _Taken:
    """One after the other over one connection, so that nothing waits but for itself."""
    before = processor_seconds(installation.web_pid)
    result = client.one_by_one(installation.base_url, requests)
    if not set(result.statuses) <= {200, 201}:
        raise NotTheSame(f"Answers {dict(result.statuses)}")
    return _Taken(result.latencies_ms, processor_seconds(installation.web_pid) - before)


def _in_process(readers: list[User]) -> _Taken:
    took: list[float] = []
    spent = time.process_time()
    for reader in readers:
        began = time.perf_counter()
        home_page(reader, limit=LIMIT)
        took.append(1000 * (time.perf_counter() - began))
    return _Taken(took, time.process_time() - spent)


def _summed(parts: list[_Taken]) -> dict[str, Any]:
    latencies = sorted(ms for part in parts for ms in part.latencies_ms)
    return {
        "requests": len(latencies),
        "ms": percentiles(latencies),
        "processor_ms": round(1000 * sum(part.processor_seconds for part in parts) / len(latencies), 2),
    }


def _ends(milliseconds: dict[str, float]) -> tuple[float, float]:
    return milliseconds["p50"], milliseconds["p95"]


def drawing(found: dict[int, dict[str, Any]]) -> str:
    """SVG: p50 of every way by the number of accounts."""
    panels = [
        Panel(
            title,
            [
                Line(
                    name,
                    [(users, values[way]["ms"]["p50"], values[way]["ms"]["p95"]) for users, values in found.items()],
                )
                for way, name in ways.items()
            ],
        )
        for title, ways in LINES.items()
    ]
    return draw(
        "What a request takes as the network grows",
        f"Milliseconds by accounts; {data.FOLLOWS_EACH} follows, {data.TWEETS_EACH} tweets and {data.LIKES_EACH} likes"
        " each. Line: p50. Band: up to p95.",
        panels,
    )
