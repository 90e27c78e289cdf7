"""The three Redis roles as their servers tell of themselves, and the queues on the broker."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings

from dashboard.readings import Reading, client, read_redis
from dashboard.receivers import QUEUED_AT

QUEUES = sorted(
    {settings.CELERY_TASK_DEFAULT_QUEUE, *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())}
)


@dataclass(frozen=True)
class Queue:
    name: str
    depth: int
    age: float | None
    """Seconds since the oldest waiting message was sent; None when nothing waits."""


@dataclass(frozen=True)
class Server:
    version: str
    uptime: int
    memory: int
    memory_limit: int
    """0 when there is none."""
    policy: str
    keys: int
    evicted: int
    hits: int
    misses: int
    clients: int
    commands_per_second: int
    queues: list[Queue] = field(default_factory=list)
    taken: int = 0
    """Messages that workers hold and have not confirmed."""

    @property
    def hit_rate(self) -> float | None:
        """Since the server's start, over all its keys."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None

    @property
    def fill(self) -> float | None:
        return self.memory / self.memory_limit if self.memory_limit else None


ROLES = ("timelines", "cache", "broker")


def asks() -> list[Callable[[], Reading[Server]]]:
    """What to call for each of ROLES, at once with others (dashboard.readings.read_all)."""
    return [
        partial(read_redis, partial(_ask, settings.TIMELINES_URL, ())),
        partial(read_redis, partial(_ask, settings.CACHE_URL, ())),
        partial(read_redis, partial(_ask, settings.BROKER_URL, QUEUES)),
    ]


def is_shared() -> bool:
    """Whether one server holds all roles: memory and evictions are then the same three times."""
    return len({url.rpartition("/")[0] for url in _urls()}) == 1


def _urls() -> list[str]:
    return [settings.TIMELINES_URL, settings.CACHE_URL, settings.BROKER_URL]


def _ask(url: str, queues: list[str] | tuple[()]) -> Server:
    pipeline = client(url).pipeline(transaction=False)
    pipeline.info()
    pipeline.dbsize()
    pipeline.hlen("unacked")
    for queue in queues:
        pipeline.llen(queue)
        pipeline.lindex(queue, -1)  # messages are pushed at the head and taken from the tail
    info, keys, taken, *found = pipeline.execute()
    return Server(
        version=f"{info.get('server_name', 'redis').capitalize()} {info.get('valkey_version', info['redis_version'])}",
        uptime=info["uptime_in_seconds"],
        memory=info["used_memory"],
        memory_limit=info["maxmemory"],
        policy=info["maxmemory_policy"],
        keys=keys,
        evicted=info["evicted_keys"],
        hits=info["keyspace_hits"],
        misses=info["keyspace_misses"],
        clients=info["connected_clients"],
        commands_per_second=info["instantaneous_ops_per_sec"],
        queues=[Queue(n, depth, _age(m)) for n, depth, m in zip(queues, found[::2], found[1::2], strict=True)],
        taken=taken,
    )


def _age(message: bytes | None) -> float | None:
    if message is None:
        return None
    headers: dict[str, Any] = json.loads(message).get("headers", {})
    return max(time.time() - headers[QUEUED_AT], 0.0) if QUEUED_AT in headers else None
