"""The home timeline, read: in process beside the oracle's query, and over HTTP beside an empty view and a sketch."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from knox.models import get_token_model

from accounts.models import User
from dashboard.bench import client, data, sketch
from dashboard.bench.budget import budget
from dashboard.bench.sizes import Installation, size
from timelines.home import home_page
from timelines.pull import pull
from timelines.rebuild import build_active
from timelines.replay import percentile
from tweets.selectors import cards

LIMIT = 50
FOLLOWED = (10, 100, 1_000)
QUIET_FOLLOWED = 5
HTTP_FOLLOWED = 100
ROUNDS = 3
THINK_SECONDS = 1.0
OTHERS_A_DAY = 2  # posts of each quiet account


class NotTheSame(RuntimeError):
    """The hybrid page and the oracle's differ, or an answer was no 200: there is nothing to measure."""


@dataclass(frozen=True)
class Sizes:
    users: int = size(1_100, "people, most of them busy", quick=40)
    tweets: int = size(200_000, "of the busy ones", quick=2_000)
    requests: int = size(300, "of each way and reader, in process", quick=3)
    connections: int = size(16, "at a time", quick=2)
    seconds: float = size(5.0, "of load on each address, three times", quick=0.5)
    connected: int = size(1_000, "people who read home and think a second, again and again", quick=20)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    busy_count = max(10, sizes.users - sizes.connections - len(FOLLOWED) - 1 - QUIET_FOLLOWED)
    quiet = data.people(QUIET_FOLLOWED, "quiet")
    busy = data.people(busy_count, "busy")
    data.posts(quiet, OTHERS_A_DAY)  # first, so that they are the oldest of all
    data.posts(busy, max(1, sizes.tweets // busy_count))
    readers: dict[str, User] = {}
    for count in sorted({min(count, busy_count) for count in FOLLOWED}):
        readers[f"{count} busy"] = _reader(f"r{count}_", busy[:count])
    readers[f"{QUIET_FOLLOWED} quiet"] = _reader("rq", quiet)
    visitors = [_reader(f"v{n}_", busy[-HTTP_FOLLOWED:]) for n in range(sizes.connections)]
    random = Random(1)
    crowd = data.people(sizes.connected, "c")
    for user_id in crowd:
        data.follow([user_id], random.sample(busy, min(HTTP_FOLLOWED, busy_count)))
    data.settle()
    build_active()
    described = {
        "users": User.objects.count(),
        "busy_accounts": busy_count,
        "tweets": busy_count * max(1, sizes.tweets // busy_count) + QUIET_FOLLOWED * OTHERS_A_DAY,
        "page": LIMIT,
        "connections": sizes.connections,
        "seconds_of_load": sizes.seconds,
        "rounds": ROUNDS,
        "accounts_that_http_readers_follow": min(HTTP_FOLLOWED, busy_count),
    }
    in_process = {name: _in_process(reader, sizes.requests) for name, reader in readers.items()}
    return described, {
        "in_process": in_process,
        "budget": budget(visitors[0], token_of(visitors[0]), limit=LIMIT, requests=sizes.requests),
        "http": _over_http(installation, visitors, sizes.seconds),
        "connected": _connected(installation, list(User.objects.filter(pk__in=crowd)), sizes.seconds),
    }


def _reader(prefix: str, followed: list[int]) -> User:
    [user_id] = data.people(1, prefix)
    data.follow([user_id], followed)
    return User.objects.get(pk=user_id)


def _in_process(reader: User, requests: int) -> dict[str, Any]:
    """The same first page in turns: as the product reads it, by the plain join alone, and that with its cards."""

    def oracle_page() -> list[int]:
        return [tweet.pk for tweet in cards(reader).filter(pk__in=pull(reader.pk, limit=LIMIT)).order_by("-id")]

    ways: dict[str, Callable[[], list[int]]] = {
        "hybrid": lambda: [tweet.pk for tweet in home_page(reader, limit=LIMIT).results],
        "oracle_ids": lambda: pull(reader.pk, limit=LIMIT),
        "oracle_page": oracle_page,
    }
    pages = {name: way() for name, way in ways.items()}
    if len({tuple(page) for page in pages.values()}) != 1:
        raise NotTheSame(f"The pages of {reader.username} differ.")
    took: dict[str, list[float]] = {name: [] for name in ways}
    spent: dict[str, float] = dict.fromkeys(ways, 0.0)
    for _ in range(requests):
        for name, way in ways.items():
            began, spent_before = time.perf_counter(), time.process_time()
            way()
            took[name].append(1000 * (time.perf_counter() - began))
            spent[name] += time.process_time() - spent_before
    figures: dict[str, Any] = {f"{name}_ms": percentiles(sorted(values)) for name, values in took.items()}
    medians = {name: statistics.median(values) for name, values in took.items()}
    return {
        "requests": requests,
        "cards": len(pages["hybrid"]),
        **figures,
        "processor_ms": {name: round(1000 * seconds / requests, 2) for name, seconds in spent.items()},
        "oracle_page_times_hybrid": round(medians["oracle_page"] / medians["hybrid"], 2),
    }


def _over_http(installation: Installation, visitors: list[User], seconds: float) -> dict[str, Any]:
    """Processor time is of the web server alone: it means something also while the machine has other work."""
    tokens = [(visitor, token_of(visitor)) for visitor in visitors]
    sketch.prepare(tokens)
    ways = {
        "empty": [client.request("/bench/empty", {}) for _ in visitors],
        "plain": [client.request("/bench/plain", {}) for _ in visitors],
        "sketch_without_marks": [client.request("/bench/sketch", _by(token)) for _, token in tokens],
        "sketch": [client.request("/bench/sketch/marks", _by(token)) for _, token in tokens],
        "json": [json_request(visitor, token) for visitor, token in tokens],
        "html": [html_request(visitor, f"/?limit={LIMIT}") for visitor in visitors],
    }
    rounds: dict[str, list[client.Result]] = {name: [] for name in ways}
    spent: dict[str, float] = dict.fromkeys(ways, 0.0)
    for turn in range(-1, ROUNDS):  # the first one warms up
        for name, requests in ways.items():
            before = processor_seconds(installation.web_pid)
            result = client.load(installation.base_url, requests, seconds if turn >= 0 else min(1.0, seconds))
            if set(result.statuses) != {200}:
                raise NotTheSame(f"{name}: answers {dict(result.statuses)}")
            if turn >= 0:
                rounds[name].append(result)
                spent[name] += processor_seconds(installation.web_pid) - before
    rates = {name: statistics.median(result.per_second for result in results) for name, results in rounds.items()}
    return {
        name: {
            "requests": sum(len(result.latencies_ms) for result in results),
            "requests_per_second": round(rates[name], 1),
            "share_of_empty": round(rates[name] / rates["empty"], 3),
            "share_of_sketch": round(rates[name] / rates["sketch"], 2),
            "times_plain": round(rates[name] / rates["plain"], 2),
            "processor_ms": round(1000 * spent[name] / sum(len(r.latencies_ms) for r in results), 2),
            "latency_ms": percentiles(sorted(ms for result in results for ms in result.latencies_ms)),
            "bytes": round(sum(r.bytes for r in results) / sum(len(r.latencies_ms) for r in results)),
        }
        for name, results in rounds.items()
    }


def _connected(installation: Installation, crowd: list[User], seconds: float) -> dict[str, Any]:
    """Latencies while a quarter, half and all of them read one page a second each, as far as the server can."""
    tokens = [(user, token_of(user)) for user in crowd]
    sketch.prepare(tokens)
    ways = {
        "sketch": [client.request("/bench/sketch/marks", _by(token)) for _, token in tokens],
        "json": [json_request(user, token) for user, token in tokens],
        "html": [html_request(user, f"/?limit={LIMIT}") for user in crowd],
    }
    figures: dict[str, Any] = {}
    for name, requests in ways.items():
        think = min(seconds, THINK_SECONDS)
        client.load(installation.base_url, requests, 2 * think, think)  # warms up
        for count in (len(crowd) // 4, len(crowd) // 2, len(crowd)):
            result = client.load(installation.base_url, requests[:count], 2 * seconds, think)
            if set(result.statuses) != {200}:
                raise NotTheSame(f"{name}: answers {dict(result.statuses)}")
            figures[f"{name}, {count} people"] = {
                "requests_per_second": round(result.per_second, 1),
                "latency_ms": percentiles(result.latencies_ms),
            }
    return figures


def processor_seconds(pid: int) -> float:
    """Of a process and its children so far."""
    first = psutil.Process(pid)
    times = [process.cpu_times() for process in (first, *first.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def token_of(visitor: User) -> str:
    """A new one."""
    _, token = get_token_model().objects.create(visitor)
    return str(token)


def json_request(visitor: User, token: str) -> bytes:
    return client.request(f"/api/users/{visitor.pk}/timeline?limit={LIMIT}", _by(token))


def _by(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


def html_request(visitor: User, path: str) -> bytes:
    """As a browser that is logged in asks for a page."""
    return client.request(path, {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key(visitor)}"})


def session_key(visitor: User) -> str:
    """Of a new session in which the visitor is logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(visitor.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = visitor.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def percentiles(ascending: list[float]) -> dict[str, float]:
    return {
        name: round(percentile(ascending, share), 2) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
