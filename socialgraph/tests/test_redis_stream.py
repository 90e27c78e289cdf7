"""Commands in bulk, on a real server."""

import socket

import pytest
from redis.exceptions import ConnectionError, ResponseError

from socialgraph.redis import WORKER_TIMEOUT, timelines
from socialgraph.redis_stream import Stream, packed, stream, words


@pytest.mark.parametrize("values", [["a"], ["a", "b"], ["a", "bb", "c", "dd", "ee", "f" * 120]])
def test_the_words_are_those_that_were_given(values: list[str]) -> None:
    with stream(timelines(WORKER_TIMEOUT)) as to:
        to.send(packed(2 + len(values), "RPUSH", "list") + words(values))
        assert to.numbers(1) == [len(values)]
    assert timelines().lrange("list", 0, -1) == [value.encode() for value in values]


def pushes(command: str, keys: list[str], value: int) -> bytes:
    return b"".join(packed(3, command, key, value) for key in keys)


def test_answers_come_in_the_order_of_what_was_sent() -> None:
    client = timelines(WORKER_TIMEOUT)
    keys = [f"counted:{number}" for number in range(3000)]
    with stream(client) as to:
        for value in range(1, 4):
            to.send(pushes("RPUSH", keys[: 1000 * value], value))
        assert to.numbers(1000) == [1] * 1000
        assert to.numbers(2000) == [2] * 1000 + [1] * 1000
        assert to.numbers(3000) == [3] * 1000 + [2] * 1000 + [1] * 1000
    assert client.lrange(keys[0], 0, -1) == [b"1", b"2", b"3"]


def test_a_refusal_is_raised_and_its_connection_never_used_again() -> None:
    client = timelines(WORKER_TIMEOUT)
    client.set("text", "no list")

    def push() -> None:
        with stream(client) as to:
            to.send(pushes("RPUSHX", ["none", "text", "none"], 1) * 2)
            to.numbers(3)

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        push()
    assert client.get("text") == b"no list"  # and no answer of the commands above


def test_a_closed_connection_is_the_servers_failure() -> None:
    near, far = socket.socketpair()
    far.close()
    with near, pytest.raises(ConnectionError, match="closed"):
        Stream(near).numbers(1)
    with pytest.raises(ConnectionError), stream(timelines(WORKER_TIMEOUT)):
        raise TimeoutError("an error of the socket")
