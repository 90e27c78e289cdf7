"""Connections to the Redis or Valkey servers that hold timelines and the broker.

The cache is reached through Django's cache framework only.
"""

from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError as RedisError
from redis.retry import Retry

PAGE_TIMEOUT = 0.5
"""Seconds that a page waits for Redis before it goes on without."""
WORKER_TIMEOUT = 5.0
"""Seconds that a background worker waits; its work is repeated when it fails."""


@cache
def connect(url: str, timeout: float) -> "Redis":
    """One pooled client per server, timeout and process; repeats a command once when a pooled connection had died."""
    return Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=min(timeout, 1.0), retry=Retry(NoBackoff(), 1)
    )


def timelines(timeout: float = PAGE_TIMEOUT) -> "Redis":
    return connect(settings.TIMELINES_URL, timeout)
