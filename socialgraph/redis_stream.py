"""Commands of very many words to one server, as bytes and without waiting for each answer.

redis-py packs a command word by word, which costs more than what the server does with a word. Here the caller packs
them, and sends more while the answers of the last ones are under way.
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby

import hiredis
from redis import Redis
from redis.exceptions import ConnectionError, ResponseError

RECEIVED_BYTES = 1 << 16
_NOTHING = object()


class Stream:
    """Answers come in the order of the commands, so whoever sends keeps count of them."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        self._answers: list[int] = []

    def send(self, commands: bytes) -> None:
        """Returns when the server or the buffers before it have them, which is before it has done them."""
        self._socket.sendall(commands)

    def numbers(self, count: int) -> list[int]:
        """The next `count` answers, whole numbers all. Raises ResponseError when one is something else."""
        while len(self._answers) < count:
            if not (received := self._socket.recv(RECEIVED_BYTES)):
                raise ConnectionError("The server closed the connection.")
            self._reader.feed(received)
            self._answers += iter(self._reader.gets, _NOTHING)
        found, self._answers = self._answers[:count], self._answers[count:]
        if refused := set(map(type, found)) - {int}:
            raise ResponseError(str(next(answer for answer in found if type(answer) in refused)))
        return found


@contextmanager
def stream(client: "Redis") -> Iterator[Stream]:
    """On a connection from the client's pool, closed when the block fails. Raises RedisError, as the client does."""
    pool = client.connection_pool
    connection = pool.get_connection()
    try:
        # redis-py logs in, selects the database and speaks TLS; it offers no public way to read answers in bulk.
        if (connected := connection._get_socket()) is None:
            raise ConnectionError("The connection was closed before it was used.")
        yield Stream(connected)
    except OSError as error:
        connection.disconnect()  # type: ignore[no-untyped-call]  # redis-py has it so
        raise ConnectionError(f"The server did not take a stream of commands: {error}") from error
    except BaseException:  # answers may be under way that nobody has read
        connection.disconnect()  # type: ignore[no-untyped-call]  # redis-py has it so
        raise
    finally:
        pool.release(connection)


def packed(count: int, *first: str | int) -> bytes:
    """The beginning of a command of so many words, as the servers' protocol has it: its first words."""
    return b"*%d\r\n" % count + words(map(str, first))


def words(values: Iterable[str]) -> bytes:
    """Further words of a command, at some 0.1 µs each when many that follow each other are equally long."""
    parts = []
    for length, group in groupby(values, len):
        equally_long = list(group)
        text = equally_long[0] if len(equally_long) == 1 else f"\r\n${length}\r\n".join(equally_long)
        parts.append(f"${length}\r\n{text}\r\n")
    return "".join(parts).encode()
