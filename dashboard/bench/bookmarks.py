"""Lists of bookmarks while other people bookmark, move and remove at a fixed rate, all over HTTP.

The client is open-loop: a request is sent when it is due, on the next idle connection, and its latency counts from the
moment when it was due. So a server that falls behind cannot slow the questions down and look quick.
"""

import json
import selectors
import socket
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from knox.models import get_token_model

from accounts.generating import generate_graph
from accounts.models import User
from dashboard.bench import client, data
from dashboard.bench.home import html_request, percentiles
from dashboard.bench.sizes import Installation, size
from socialgraph import counts
from tweets.generating import generate_activity
from tweets.models import Bookmark, BookmarkFolder, Tweet
from tweets.services import create_folder

FOLLOWS_EACH = 10
OPERATORS = 20  # who bookmark while others read
CONNECTIONS = 32
READS_A_SECOND = 2  # of each list
USUAL, FOLDERS = 500, 20  # bookmarks of a usual reader; folders of the one with many
RARE = "xylograph"  # no generated text has it
WARM_UP_SECONDS = 2.0


class Refused(RuntimeError):
    """An answer was no 200: there is nothing to measure."""


@dataclass(frozen=True)
class Sizes:
    users: int = size(100_000, "people", quick=60)
    tweets: int = size(1_000_000, "tweets", quick=600)
    bookmarks: int = size(10_000, "of the reader who has many", quick=200)
    operations: int = size(10_000, "a minute, while lists are read")
    seconds: float = size(60.0, "of load", quick=2.0)


class Job(NamedTuple):
    due: float
    """Seconds after the beginning."""
    kind: str
    message: bytes


@dataclass
class Operator:
    """Somebody at work: what to bookmark next, and what to take back."""

    headers: dict[str, str]
    folder_id: int
    marked: list[int] = field(default_factory=list)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    generate_graph(users=sizes.users, follows=sizes.users * FOLLOWS_EACH, seed=1)
    generate_activity(tweets=sizes.tweets, likes=sizes.tweets, seed=1)
    random = Random(1)
    people = list(User.objects.order_by("pk")[: OPERATORS + 2])
    tweet_ids = list(Tweet.objects.filter(retweet_of=None).order_by("pk").values_list("pk", flat=True))
    many, usual, operators = people[0], people[1], [_operator(user) for user in people[2:]]
    folders = _save(many, random.sample(tweet_ids, min(sizes.bookmarks, len(tweet_ids))))
    _save(usual, random.sample(tweet_ids, min(USUAL, len(tweet_ids))))
    data.settle()
    reads = _reads(many, usual, folders)
    jobs = sorted([*_operations(sizes, operators, tweet_ids, random), *_readings(sizes, reads)])
    results = _send_when_due(installation.base_url, jobs)
    checked, wrong = counts.drift()
    operations = results.pop("operation")
    described = {
        "users": sizes.users,
        "tweets": len(tweet_ids),
        "bookmarks_of_one": Bookmark.objects.filter(user=many).count(),
        "bookmarks_of_a_usual_reader": min(USUAL, len(tweet_ids)),
        "people_at_work": len(operators),
        "operations_asked_a_minute": sizes.operations,
        "seconds_of_load": sizes.seconds,
        "reads_a_second": READS_A_SECOND * len(reads),
    }
    return described, {
        "operations_a_minute": round(60 * len(operations.latencies_ms) / operations.seconds),
        "operation_ms": percentiles(operations.latencies_ms),
        "lists": {
            kind: {"requests": len(results[kind].latencies_ms), "latency_ms": percentiles(results[kind].latencies_ms)}
            for kind in reads
        },
        "counts_checked": checked,
        "drift": len(wrong),
    }


def _token(user: User) -> dict[str, str]:
    return {"Authorization": f"Token {get_token_model().objects.create(user)[1]}"}


def _operator(user: User) -> Operator:
    return Operator(_token(user), create_folder(user=user, name="Work").pk)


def _save(user: User, tweet_ids: list[int]) -> list[BookmarkFolder]:
    """One after the other, so that their order has nothing to do with the tweets'; every second one in a folder."""
    folders = [create_folder(user=user, name=f"Folder {n}") for n in range(FOLDERS)]
    Bookmark.objects.bulk_create(
        [
            Bookmark(user=user, tweet_id=tweet_id, folder=folders[n // 2 % FOLDERS] if n % 2 else None)
            for n, tweet_id in enumerate(tweet_ids)
        ],
        batch_size=1_000,
    )
    return folders


def _reads(many: User, usual: User, folders: list[BookmarkFolder]) -> dict[str, bytes]:
    headers = _token(many)
    return {
        "usual": client.request("/api/bookmarks?limit=20", _token(usual)),
        "many": client.request("/api/bookmarks?limit=20", headers),
        "folder": client.request(f"/api/bookmarks?limit=20&folder={folders[0].pk}", headers),
        "search": client.request("/api/bookmarks?limit=20&q=island", headers),
        "search_in_vain": client.request(f"/api/bookmarks?limit=20&q={RARE}", headers),
        "page": html_request(many, "/bookmarks/"),
    }


def _operations(sizes: Sizes, operators: list[Operator], tweet_ids: list[int], random: Random) -> Iterator[Job]:
    """Six of ten bookmark, two of them into a folder, four take one back; each another tweet than the one before."""
    total = round(sizes.operations * (sizes.seconds + WARM_UP_SECONDS) / 60)
    for n in range(total):
        operator = operators[n % len(operators)]
        if n // len(operators) % 10 in (2, 4, 7, 9) and operator.marked:
            tweet_id, method, sent = operator.marked.pop(0), "DELETE", b""
        else:
            tweet_id, method = random.choice(tweet_ids), "POST"
            operator.marked.append(tweet_id)
            place = {"folder": str(operator.folder_id)} if n // len(operators) % 10 in (0, 5) else {}
            sent = json.dumps(place).encode()
        path = f"/api/tweets/{tweet_id}/bookmark"
        yield Job(n * 60 / sizes.operations, "operation", _message(method, path, operator.headers, sent))


def _message(method: str, path: str, headers: dict[str, str], sent: bytes) -> bytes:
    told = headers | {"Content-Length": str(len(sent))} | ({"Content-Type": "application/json"} if sent else {})
    return method.encode() + client.request(path, told).removeprefix(b"GET") + sent


def _readings(sizes: Sizes, reads: dict[str, bytes]) -> Iterator[Job]:
    """In turns, evenly spread."""
    step = 1 / (READS_A_SECOND * len(reads))
    for n in range(round((sizes.seconds + WARM_UP_SECONDS) / step)):
        kind = list(reads)[n % len(reads)]
        yield Job(n * step, kind, reads[kind])


def _send_when_due(base_url: str, jobs: list[Job]) -> dict[str, client.Result]:
    """By kind, without what was due in the first WARM_UP_SECONDS. Raises Broken or Refused."""
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
    began, at = time.perf_counter(), 0
    try:
        with selectors.DefaultSelector() as selector:
            for each in everyone:
                selector.register(each.socket, selectors.EVENT_READ, each)
            while at < len(jobs) or busy:
                now = time.perf_counter() - began
                while idle and at < len(jobs) and jobs[at].due <= now:
                    sender = idle.pop()
                    busy[id(sender)] = job = jobs[at]
                    sender.request = job.message
                    client.send(sender)
                    sender.sent = began + job.due
                    at += 1
                is_free = bool(idle) and at < len(jobs)
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
        if set(result.statuses) != {200}:
            raise Refused(f"{kind}: answers {dict(result.statuses)}")
    return results
