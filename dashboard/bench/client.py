"""A bounded HTTP client for measuring: a few connections that stay open, one request at a time on each, one thread.

It spends some 30 µs of processor time a request, so that on a small machine the server and not the client is measured.
"""

import json
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 10.0
END_OF_HEAD = b"\r\n\r\n"


class Broken(RuntimeError):
    """The server closed a connection, sent something unexpected, or did not answer within TIMEOUT."""


@dataclass
class Result:
    seconds: float
    latencies_ms: list[float] = field(default_factory=list)
    """Ascending."""
    statuses: Counter[int] = field(default_factory=Counter)
    bytes: int = 0
    """Of all bodies."""

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds


@dataclass
class Connection:
    socket: socket.socket
    request: bytes
    sent: float = 0.0
    received: bytes = b""
    length: int = -1  # of the whole answer, once its head is there


def request(path: str, headers: dict[str, str], method: str = "GET") -> bytes:
    """Without a body."""
    if method != "GET":
        headers = headers | {"Content-Length": "0"}
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def token(secret: str) -> dict[str, str]:
    return {"Authorization": f"Token {secret}"}


def message(method: str, path: str, headers: dict[str, str], values: dict[str, Any]) -> bytes:
    """A request with a body of JSON, which is empty where there are no values."""
    sent = json.dumps(values).encode() if values else b""
    told = headers | {"Content-Length": str(len(sent))} | ({"Content-Type": "application/json"} if sent else {})
    return method.encode() + request(path, told).removeprefix(b"GET") + sent


def one_by_one(base_url: str, requests: Sequence[bytes]) -> Result:
    """Sends each request once, over one connection, when the one before has its answer. Raises Broken."""
    address = urlsplit(base_url)
    result = Result(0.0)
    began = time.perf_counter()
    with socket.create_connection((address.hostname, address.port), TIMEOUT) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in requests:
            connection = Connection(opened, each)
            send(connection)
            while not receive(connection, result):
                pass
    result.seconds = time.perf_counter() - began
    result.latencies_ms.sort()
    return result


def load(base_url: str, requests: Sequence[bytes], seconds: float, think: float = 0.0) -> Result:
    """Sends each request over a connection of its own, again and again, for so long. Raises Broken.

    `think`: seconds between an answer and the next request; the first requests are spread over as long.
    """
    address = urlsplit(base_url)
    connections = [Connection(socket.create_connection((address.hostname, address.port), TIMEOUT), r) for r in requests]
    began = time.perf_counter()
    due = deque((began + think * n / len(connections), each) for n, each in enumerate(connections))
    result, waiting = Result(seconds), 0
    try:
        with selectors.DefaultSelector() as selector:
            for connection in connections:
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while due or waiting:
                now = time.perf_counter()
                while due and due[0][0] <= now:
                    send(due.popleft()[1])
                    waiting += 1
                ready = selector.select(max(0.0, due[0][0] - now) if due else TIMEOUT)
                if not ready and not due:
                    raise Broken(f"no answer within {TIMEOUT:.0f} s")
                for key, _ in ready:
                    if receive(key.data, result):
                        waiting -= 1
                        now = time.perf_counter()
                        if now + think - began < seconds:
                            due.append((now + think, key.data))
    finally:
        for connection in connections:
            connection.socket.close()
    result.seconds = time.perf_counter() - began
    result.latencies_ms.sort()
    return result


def send_each(base_url: str, requests: Sequence[bytes], connections: int, per_second: float = 0.0) -> Result:
    """Sends each request once, on whichever of the connections is free. Raises Broken.

    `per_second`: as many are due, evenly spread, and latency counts from when a request was due; 0: all are due at once
    and latency counts from when it was sent.
    """
    address = urlsplit(base_url)
    everyone = [
        Connection(socket.create_connection((address.hostname, address.port), TIMEOUT), b"") for _ in range(connections)
    ]
    idle, at, result, began = list(everyone), 0, Result(0.0), time.perf_counter()
    try:
        with selectors.DefaultSelector() as selector:
            for connection in everyone:
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while at < len(requests) or len(idle) < len(everyone):
                due = began + at / per_second if per_second else 0.0
                if idle and at < len(requests) and due <= time.perf_counter():
                    sender = idle.pop()
                    sender.request = requests[at]
                    send(sender)
                    sender.sent = due or sender.sent
                    at += 1
                    continue
                is_due_next = bool(idle) and at < len(requests)
                ready = selector.select(max(0.0, due - time.perf_counter()) if is_due_next else TIMEOUT)
                if not ready and not is_due_next:
                    raise Broken(f"no answer within {TIMEOUT:.0f} s")
                idle += [key.data for key, _ in ready if receive(key.data, result)]
    finally:
        for connection in everyone:
            connection.socket.close()
    result.seconds = time.perf_counter() - began
    result.latencies_ms.sort()
    return result


def send(connection: Connection) -> None:
    connection.received, connection.length = b"", -1
    connection.sent = time.perf_counter()
    connection.socket.sendall(connection.request)


def receive(connection: Connection, result: Result) -> bool:
    """Whether the answer is complete."""
    data = connection.socket.recv(262_144)
    if not data:
        raise Broken("the server closed a connection")
    connection.received += data
    if connection.length < 0:
        head, found, _ = connection.received.partition(END_OF_HEAD)
        if not found:
            return False
        connection.length = len(head) + len(END_OF_HEAD) + _content_length(head)
    if len(connection.received) < connection.length:
        return False
    result.latencies_ms.append(1000 * (time.perf_counter() - connection.sent))
    result.statuses[int(connection.received[9:12])] += 1
    result.bytes += len(connection.received) - connection.received.index(END_OF_HEAD) - len(END_OF_HEAD)
    return True


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    raise Broken(f"an answer without its length: {head[:100]!r}")
