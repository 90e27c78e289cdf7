from typing import Any

from django_redis.cache import RedisCache


class ForgivingCache(RedisCache):  # type: ignore[misc]  # the library is untyped
    """django-redis over a server that may be away.

    Reads then find nothing and writes are dropped (IGNORE_EXCEPTIONS). `add` must say that it added, though: allauth
    takes its rate limit's lock by it, and would refuse every log-in while the cache is down.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)
