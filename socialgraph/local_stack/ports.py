"""Ports of the embedded servers: below the range that the kernel gives to outgoing connections.

A client that keeps reconnecting to a port inside that range can be given the same port as its own end, connect to
itself and keep the server from starting.
"""

import random
import socket
from collections.abc import Collection

FIRST, LAST = 20_000, 32_000
LOCAL_HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCAL_HOST, port))
        except OSError:
            return False
    return True


def choose(*, but: Collection[int] = ()) -> int:
    while True:
        port = random.SystemRandom().randrange(FIRST, LAST)
        if port not in but and is_free(port):
            return port
