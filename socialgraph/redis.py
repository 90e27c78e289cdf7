"""Connections to the Redis or Valkey servers that hold timelines and the broker.

The cache is reached through Django's cache framework only.
"""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.exceptions import RedisError as RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

PAGE_TIMEOUT = 0.5
"""Seconds that a page waits for Redis before it goes on without."""
WORKER_TIMEOUT = 5.0
"""Seconds that a background worker waits; its work is repeated when it fails."""
PAUSE_SECONDS = 2.0
"""How long a process asks a server nothing for its pages after that server did not answer one of them."""

T = TypeVar("T")


class PageRetry(Retry):
    """What pages do about a server that does not answer: they wait once for PAGE_TIMEOUT, and not again soon.

    A page asks several times, and a log-in more than twenty times: each would wait. A command is repeated once when its
    pooled connection had died, as after a restart of the server.
    """

    def __init__(self, url: str) -> None:
        super().__init__(NoBackoff(), 1, (ConnectionError,))
        self._address = urlsplit(url).netloc.rpartition("@")[2]  # without the password
        self._silent_until = 0.0

    def __deepcopy__(self, memo: object) -> Self:
        """Every connection gets its copy, and all of them are about the same server."""
        return self

    def call_with_retry(self, do: Callable[[], T], *args: Any, **kwargs: Any) -> T:
        if time.monotonic() < self._silent_until:
            raise ConnectionError("The server did not answer a moment ago.")
        try:
            return super().call_with_retry(do, *args, **kwargs)
        except (ConnectionError, TimeoutError) as error:
            if time.monotonic() >= self._silent_until:  # a command and the connecting within it fail together
                self._silent_until = time.monotonic() + PAUSE_SECONDS
                logger.warning("%s did not answer; pages go on without it: %s", self._address, error)
            raise

    def try_again(self) -> None:
        """The server is known to be back."""
        self._silent_until = 0.0


@cache
def page_retry(url: str) -> PageRetry:
    """One for each server and process."""
    return PageRetry(url)


@cache
def connect(url: str, timeout: float, retry: Retry | None = None) -> "Redis":
    """One pooled client per server, timeout and process; repeats a command once when a pooled connection had died."""
    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=min(timeout, 1.0),
        retry=retry or Retry(NoBackoff(), 1),
    )


def timelines(timeout: float = PAGE_TIMEOUT) -> "Redis":
    url = settings.TIMELINES_URL
    return connect(url, timeout, page_retry(url) if timeout == PAGE_TIMEOUT else None)
