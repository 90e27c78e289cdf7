"""Whether the site and what it stands on is up, for people, balancers and `scripts/up`.

Each dependency is asked in a thread of its own and waited for together, so the answer comes in time even when all of
them hang. A thread that hangs is waited for again by the next request and not joined by another one.
"""

import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import TypedDict

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from socialgraph import redis

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds in which every dependency has to answer."""
REDIS_TIMEOUT = 0.5
POSTGRES_SAID = re.compile(r".*(?:FATAL:|failed:|\[Errno -?\d+\])\s+(.+)")
QUOTED_NAME = re.compile(r' "[^"]*"')

Check = Callable[[], object]


class Result(TypedDict, total=False):
    status: str
    milliseconds: float
    reason: str


def _database() -> None:
    """A connection of its own: logging in needs a server that works and a database that exists."""
    psycopg.connect(**(connection.get_connection_params() | {"connect_timeout": 2})).close()


DATABASE: dict[str, Check] = {"database": _database}
DEPENDENCIES: dict[str, Check] = DATABASE | {
    "timelines": lambda: redis.connect(settings.TIMELINES_URL, REDIS_TIMEOUT).ping(),
    "cache": lambda: redis.connect(settings.CACHE_URL, REDIS_TIMEOUT).ping(),
    "broker": lambda: redis.connect(settings.BROKER_URL, REDIS_TIMEOUT).ping(),
}

_running: dict[str, Future[float]] = {}
_lock = Lock()


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    return _answer(_results(DEPENDENCIES))


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers: for a supervisor that would restart it."""
    return _answer({})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """PostgreSQL answers: without the rest the site is slower and goes on, so a balancer should keep it."""
    return _answer(_results(DATABASE))


def _answer(results: dict[str, Result]) -> JsonResponse:
    up = all(result["status"] == "OK" for result in results.values())
    body = {"status": "OK" if up else "DOWN", "timestamp": timezone.now(), "checks": results}
    return JsonResponse(body, status=200 if up else 503)


def _results(checks: dict[str, Check]) -> dict[str, Result]:
    asked = {name: _ask(name, check) for name, check in checks.items()}
    wait(asked.values(), PATIENCE)
    return {name: _result(name, future) for name, future in asked.items()}


def _ask(name: str, check: Check) -> Future[float]:
    with _lock:
        running = _running.get(name)
        if running is not None and not running.done():
            return running
        future = _running[name] = Future()
        Thread(target=_time, args=[future, check], name=f"health-{name}", daemon=True).start()
        return future


def _time(future: "Future[float]", check: Check) -> None:
    started = time.perf_counter()
    try:
        check()
    except Exception as error:  # whatever a client library raises is the reason that the dependency is down
        future.set_exception(error)
    else:
        future.set_result(time.perf_counter() - started)


def _result(name: str, future: "Future[float]") -> Result:
    if not future.done():
        return {"status": "DOWN", "reason": "no answer in time"}
    if error := future.exception():
        reason = _reason(error)
        logger.warning("%s is down: %s (%s)", name, reason, type(error).__name__)
        return {"status": "DOWN", "reason": reason}
    return {"status": "OK", "milliseconds": round(future.result() * 1000, 1)}


def _reason(error: BaseException) -> str:
    """What the server or the system said, without names and addresses, and never the URL, which may hold a password."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError | psycopg.errors.ConnectionTimeout):
            return "no answer in time"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, psycopg.Error) and (said := POSTGRES_SAID.search(str(error))):
        return QUOTED_NAME.sub("", said[1])
    return str(error) if isinstance(error, redis.RedisError) else type(error).__name__
