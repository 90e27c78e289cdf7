"""An open-loop client: a request is sent when it is due, on the next idle connection, and its latency counts from then.

So a server that falls behind cannot slow the questions down and look quick.
"""

import math
import selectors
import socket
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from dashboard.bench import client

CONNECTIONS = 32
WARM_UP_SECONDS = 2.0


class Refused(RuntimeError):
    """An answer was no success: there is nothing to measure."""


class Job(NamedTuple):
    due: float
    """Seconds after the beginning."""
    kind: str
    message: bytes


def send_when_due(base_url: str, jobs: Sequence[Job], *, until: float = math.inf) -> dict[str, client.Result]:
    """By kind, without the first WARM_UP_SECONDS; jobs come in the order of their time. Raises Broken or Refused.

    What is still unsent after `until` seconds is left out: the server cannot do it.
    """
    address = urlsplit(base_url)

    def connect() -> socket.socket:
        made = socket.create_connection((address.hostname, address.port), client.TIMEOUT)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    idle = [client.Connection(connect(), b"") for _ in range(CONNECTIONS)]
    everyone = list(idle)
    busy: dict[int, Job] = {}
    results: dict[str, client.Result] = defaultdict(lambda: client.Result(0.0))
    warm_up = client.Result(0.0)
    began, at, last = time.perf_counter(), 0, len(jobs)
    try:
        with selectors.DefaultSelector() as selector:
            for each in everyone:
                selector.register(each.socket, selectors.EVENT_READ, each)
            while at < last or busy:
                now = time.perf_counter() - began
                if now > until:
                    last = at
                while idle and at < last and jobs[at].due <= now:
                    sender = idle.pop()
                    busy[id(sender)] = job = jobs[at]
                    sender.request = job.message
                    client.send(sender)
                    sender.sent = began + job.due
                    at += 1
                is_free = bool(idle) and at < last
                ready = selector.select(max(0.0, jobs[at].due - now) if is_free else client.TIMEOUT)
                if not ready and not is_free:
                    raise client.Broken(f"no answer within {client.TIMEOUT:.0f} s")
                for key, _ in ready:
                    if id(key.data) not in busy:  # the server ends what nobody has used for a while
                        selector.unregister(key.data.socket)
                        if surplus := key.data.socket.recv(1_024):
                            raise client.Broken(f"more than an answer: {surplus!r}")
                        key.data.socket.close()
                        key.data.socket = connect()
                        selector.register(key.data.socket, selectors.EVENT_READ, key.data)
                        continue
                    job = busy[id(key.data)]
                    if client.receive(key.data, warm_up if job.due < WARM_UP_SECONDS else results[job.kind]):
                        del busy[id(key.data)]
                        idle.append(key.data)
    finally:
        for each in everyone:
            each.socket.close()
    for kind, result in results.items():
        result.seconds = time.perf_counter() - began - WARM_UP_SECONDS
        result.latencies_ms.sort()
        if not set(result.statuses) <= {200, 201}:
            raise Refused(f"{kind}: answers {dict(result.statuses)}")
    return results
