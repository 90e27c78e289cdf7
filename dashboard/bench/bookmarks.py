"""Lists of bookmarks while other people bookmark, move and remove at a fixed rate, all over HTTP.

Latency counts from the moment when a request was due: see open_loop.py.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from knox.models import get_token_model

from accounts.generating import generate_graph
from accounts.models import User
from dashboard.bench import client, data
from dashboard.bench.home import html_request, percentiles, processor_seconds
from dashboard.bench.open_loop import WARM_UP_SECONDS, Job, send_when_due
from dashboard.bench.sizes import Installation, size
from socialgraph import counts
from tweets.generating import generate_activity
from tweets.models import Bookmark, BookmarkFolder, Tweet
from tweets.services import create_folder

FOLLOWS_EACH = 10
OPERATORS = 20  # who bookmark while others read
READS_A_SECOND = 2  # of each list
USUAL, FOLDERS = 500, 20  # bookmarks of a usual reader; folders of the one with many
RARE = "xylograph"  # no generated text has it


@dataclass(frozen=True)
class Sizes:
    users: int = size(100_000, "people", quick=60)
    tweets: int = size(1_000_000, "tweets", quick=600)
    bookmarks: int = size(10_000, "of the reader who has many", quick=200)
    operations: int = size(10_000, "a minute, while lists are read")
    seconds: float = size(60.0, "of load", quick=2.0)


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
    scene = set_up(sizes.bookmarks)
    data.settle()
    figures = under_load(scene, sizes.operations, sizes.seconds, installation)
    checked, wrong = counts.drift()
    described = {
        "users": sizes.users,
        **scene.described,
        "operations_asked_a_minute": sizes.operations,
        "seconds_of_load": sizes.seconds,
    }
    return described, {**figures, "counts_checked": checked, "drift": len(wrong)}


@dataclass(frozen=True)
class Scene:
    """Who reads and who works, on a database that has people and tweets."""

    tweet_ids: list[int]
    operators: list[Operator]
    reads: dict[str, bytes]
    described: dict[str, Any]


def set_up(bookmarks: int) -> Scene:
    """A reader with so many bookmarks, one with USUAL ones, and OPERATORS."""
    random = Random(1)
    people = list(User.objects.order_by("pk")[: OPERATORS + 2])
    tweet_ids = list(Tweet.objects.filter(retweet_of=None).order_by("pk").values_list("pk", flat=True))
    many, usual, operators = people[0], people[1], [_operator(user) for user in people[2:]]
    folders = _save(many, random.sample(tweet_ids, min(bookmarks, len(tweet_ids))))
    _save(usual, random.sample(tweet_ids, min(USUAL, len(tweet_ids))))
    reads = _reads(many, usual, folders)
    described = {
        "tweets": len(tweet_ids),
        "bookmarks_of_one": Bookmark.objects.filter(user=many).count(),
        "bookmarks_of_a_usual_reader": min(USUAL, len(tweet_ids)),
        "people_at_work": len(operators),
        "reads_a_second": READS_A_SECOND * len(reads),
    }
    return Scene(tweet_ids, operators, reads, described)


def under_load(
    scene: Scene, operations: int, seconds: float, installation: Installation, *, patience: float = math.inf
) -> dict[str, Any]:
    """`operations` a minute are asked for, so long, while every list is read.

    After `patience` seconds more, what could not be sent is given up.
    """
    jobs = sorted([*_operations(scene, operations, seconds, Random(operations)), *_readings(scene.reads, seconds)])
    before = processor_seconds(installation.web_pid)
    results = send_when_due(installation.base_url, jobs, until=seconds + WARM_UP_SECONDS + patience)
    spent = processor_seconds(installation.web_pid) - before
    done = results.pop("operation")
    return {
        "operations_a_minute": round(60 * len(done.latencies_ms) / done.seconds),
        "operation_ms": percentiles(done.latencies_ms),
        "processor_ms": round(1000 * spent / len(jobs), 2),
        "lists": {
            kind: {"requests": len(result.latencies_ms), "latency_ms": percentiles(result.latencies_ms)}
            for kind, result in results.items()
        },
    }


def _token(user: User) -> dict[str, str]:
    return client.token(get_token_model().objects.create(user)[1])


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


def _operations(scene: Scene, a_minute: int, seconds: float, random: Random) -> Iterator[Job]:
    """Six of ten bookmark, two of them into a folder, four take one back; each another tweet than the one before."""
    operators = scene.operators
    total = round(a_minute * (seconds + WARM_UP_SECONDS) / 60)
    for n in range(total):
        operator = operators[n % len(operators)]
        if n // len(operators) % 10 in (2, 4, 7, 9) and operator.marked:
            tweet_id, method, place = operator.marked.pop(0), "DELETE", {}
        else:
            tweet_id, method = random.choice(scene.tweet_ids), "POST"
            operator.marked.append(tweet_id)
            place = {"folder": str(operator.folder_id)} if n // len(operators) % 10 in (0, 5) else {}
        path = f"/api/tweets/{tweet_id}/bookmark"
        yield Job(n * 60 / a_minute, "operation", client.message(method, path, operator.headers, place))


def _readings(reads: dict[str, bytes], seconds: float) -> Iterator[Job]:
    """In turns, evenly spread."""
    step = 1 / (READS_A_SECOND * len(reads))
    for n in range(round((seconds + WARM_UP_SECONDS) / step)):
        kind = list(reads)[n % len(reads)]
        yield Job(n * step, kind, reads[kind])
