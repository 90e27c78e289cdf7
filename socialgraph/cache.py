import time
from typing import Any, ClassVar

from django_redis.cache import RedisCache
from redis import Redis
from redis.exceptions import ConnectionError, TimeoutError

AWAY_SECONDS = 1.0
"""How long a cache that did not answer is not asked again."""


class ImpatientRedis(Redis):
    """Who waits for a cache that hangs waits once. A log-in asks it twenty times, which took ten seconds."""

    _away_until: ClassVar[float] = 0.0

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if time.monotonic() < ImpatientRedis._away_until:
            raise ConnectionError("The cache did not answer a moment ago.")
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # so in the library
        except (ConnectionError, TimeoutError):
            ImpatientRedis._away_until = time.monotonic() + AWAY_SECONDS
            raise


class ForgivingCache(RedisCache):  # type: ignore[misc]  # the library is untyped
    """django-redis over a server that may be away.

    Reads then find nothing and writes are dropped (IGNORE_EXCEPTIONS). `add` must say that it added, though: allauth
    takes its rate limit's lock by it, and would refuse every log-in while the cache is down.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)
