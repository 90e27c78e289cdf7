"""Asking several servers at once, so that one that is down or frozen costs its own figures only, and little time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from django.db import DatabaseError, connection, transaction
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

T = TypeVar("T")

REDIS_TIMEOUT = 0.6
STATEMENT_MILLISECONDS = 500


@dataclass(frozen=True)
class Reading(Generic[T]):
    """What was read, or the reason in words why it was not."""

    value: T | None
    trouble: str = ""


@cache
def client(url: str) -> Redis:
    """Asks once: a server that does not answer in time is to be shown so in time."""
    return Redis.from_url(
        url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, retry=Retry(NoBackoff(), 0)
    )


def read_redis(ask: Callable[[], T]) -> Reading[T]:
    try:
        return Reading(ask())
    except RedisTimeout:
        return Reading(None, f"no answer within {REDIS_TIMEOUT} s")
    except AuthenticationError:
        return Reading(None, "it refused the password")
    except (RedisError, OSError) as error:
        # The last part of a connection error is what the system said; the parts before it name the address.
        return Reading(None, str(error).rpartition("connecting to ")[2].partition(". ")[2] or "it is not reachable")


def read_all(*asks: Callable[[], Reading[T]]) -> list[Reading[T]]:
    """All at once, each in a thread; they end in time by the timeouts of their clients. Not for the database."""
    with ThreadPoolExecutor(len(asks)) as pool:
        return [future.result() for future in [pool.submit(ask) for ask in asks]]


def read_database(ask: Callable[[], T], milliseconds: int = STATEMENT_MILLISECONDS) -> Reading[T]:
    """In a transaction of its own with a time limit, so a locked catalogue or a slow disk keeps nobody waiting."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {milliseconds:d}")
            return Reading(ask())
    except DatabaseError as error:
        return Reading(None, str(error).partition("\n")[0] or type(error).__name__)
