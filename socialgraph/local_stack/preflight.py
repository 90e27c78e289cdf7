"""What can be known before anything is started: each refusal is one line."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg
import redis

from socialgraph.local_stack import database, ports
from socialgraph.local_stack.database import CONNECT_SECONDS
from socialgraph.local_stack.environment import DATABASE_VARIABLE
from socialgraph.local_stack.errors import CannotRun

OLDEST_POSTGRES = 150000  # as PostgreSQL numbers its versions
OLDEST_REDIS = (6, 2)


def check_port(port: int) -> None:
    if not 1 <= port <= 65535:
        raise CannotRun(f"{port} is no port: give a number from 1 to 65535 with --port.")
    if not ports.is_free(port):
        raise CannotRun(f"Port {port} is in use by another program: choose another one with --port.")


def check_named_servers(urls: Mapping[str, str]) -> None:
    """The person's own servers: reachable, with these credentials, and new enough."""
    for name, url in urls.items():
        if name == DATABASE_VARIABLE:
            _check_database(name, url)
        else:
            _check_redis(name, url)


def _check_database(name: str, url: str) -> None:
    try:
        with database.connect(url) as connection:
            version = connection.info.server_version
    except (psycopg.Error, ValueError) as error:
        raise CannotRun(f"The database of {name} ({_address(url)}) cannot be reached: {_one_line(error)}") from None
    if version < OLDEST_POSTGRES:
        raise CannotRun(f"The database of {name} is PostgreSQL {version // 10000}; 15 or newer is needed.")


def _check_redis(name: str, url: str) -> None:
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        ) as client:
            version = str(client.info("server")["redis_version"])
    except (redis.RedisError, ValueError) as error:
        raise CannotRun(f"The server of {name} ({_address(url)}) cannot be reached: {_one_line(error)}") from None
    if tuple(int(number) for number in version.split(".")[:2]) < OLDEST_REDIS:
        raise CannotRun(f"The server of {name} is Redis {version}; Redis 6.2, Valkey 7.2 or newer is needed.")


def _address(url: str) -> str:
    """Where the server is: never the user or the password, whatever a slip in the URL makes of them."""
    parts = urlsplit(url)
    try:
        return f"{parts.hostname or 'this machine'}:{parts.port or 'its usual port'}"
    except ValueError:
        return "an address that cannot be read"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
