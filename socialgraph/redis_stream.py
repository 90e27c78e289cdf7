"""Very many small commands to one server, as bytes and without waiting for each answer.

redis-py's pipelines cost some 10 µs of Python for a command and its answer, ten times of what the server needs for it.
Here the caller packs the commands, and sends more while the answers of the last ones are under way.
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


def packed(*words: str | int) -> bytes:
    """A command as the servers' protocol has it."""
    return b"*%d\r\n%b" % (len(words), b"".join(map(_word, words)))


def packed_for_each(command: str, keys: Iterable[str], value: str | int) -> bytes:
    """`command key value` for each key of ASCII, at some 0.1 µs a key when many of them are equally long."""
    start, end = b"*3\r\n" + _word(command), _word(value)
    parts = []
    for length, equally_long in groupby(keys, len):
        before = b"%b$%d\r\n" % (start, length)
        between = (b"\r\n" + end + before).decode()
        parts += [before, between.join(equally_long).encode(), b"\r\n", end]
    return b"".join(parts)


def _word(word: str | int) -> bytes:
    encoded = str(word).encode()
    return b"$%d\r\n%b\r\n" % (len(encoded), encoded)
