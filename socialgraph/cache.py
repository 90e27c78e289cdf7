import logging
import threading
import time
from functools import cache
from typing import Any

from django_redis.cache import RedisCache
from redis.exceptions import RedisError

from socialgraph.redis import PAGE_TIMEOUT, connect, page_retry

logger = logging.getLogger(__name__)

REPEAT_SECONDS = 0.5
OWED_MAX = 100_000


class ForgivingCache(RedisCache):  # type: ignore[misc]  # the library is untyped
    """django-redis over a server that may be away.

    Reads then find nothing and writes are dropped (IGNORE_EXCEPTIONS). `add` must say that it added, though: allauth
    takes its rate limit's lock by it, and would refuse every log-in while the cache is down.

    A server that was only cut off comes back with what it held: a session that was ended meanwhile would live again.
    So a key whose change was dropped is deleted as soon as the server answers.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {**params.get("OPTIONS", {}), "CONNECTION_POOL_KWARGS": {"retry": page_retry(server)}}
        super().__init__(server, {**params, "OPTIONS": options})
        self._owed = _owed(server)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)

    def set(self, key: Any, *args: Any, version: int | None = None, **kwargs: Any) -> Any:
        done = super().set(key, *args, version=version, **kwargs)
        if done is None:
            self._owed.add(str(self.make_key(key, version)))
        return done

    def delete(self, key: Any, version: int | None = None, **kwargs: Any) -> Any:
        done = super().delete(key, version=version, **kwargs)
        if done is None:
            self._owed.add(str(self.make_key(key, version)))
        return done


class Owed:
    """Keys to be deleted, of one server and process; a thread tries again until the server has taken them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: set[str] = set()
        self._lock = threading.Lock()
        self._is_trying = False

    def add(self, key: str) -> None:
        with self._lock:
            if len(self._keys) < OWED_MAX:
                self._keys.add(key)
            if not self._is_trying:
                self._is_trying = True
                threading.Thread(target=self._try_until_done, name="cache-owed", daemon=True).start()

    def _try_until_done(self) -> None:
        while True:
            time.sleep(REPEAT_SECONDS)
            with self._lock:
                keys, self._keys = self._keys, set()
                self._is_trying = bool(keys)
            if not keys:
                return
            try:
                connect(self._url, PAGE_TIMEOUT).unlink(*keys)
            except RedisError:
                with self._lock:
                    self._keys |= keys
                continue
            page_retry(self._url).try_again()
            logger.info("The cache is back; deleted %s keys that changed meanwhile", len(keys))


@cache
def _owed(url: str) -> Owed:
    return Owed(url)
