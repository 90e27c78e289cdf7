"""Pages of conversations of thousands of replies, in process and over HTTP, in the midst of other posts.

Three conversations of the same size: a chain, of which each reply answers the one before; a star, of which all answer
the root; a bush, of which each answers any of those before it.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services import mute
from dashboard.bench import client, data
from dashboard.bench.home import NotTheSame, html_request, percentiles
from dashboard.bench.sizes import Installation, size
from socialgraph.pagination import encode_cursor
from tweets.conversations import below
from tweets.models import Tweet
from tweets.threads import path_below

SEED = 20
WRITERS = 200
COLUMNS = "id, author_id, text, reply_to_id, conversation_id, thread_path"
_CARD = re.compile(r'<article class="card" id="t(\d+)"')

Parent = Callable[[int], int]
"""From the place of a reply, from 1, the place of what it answers; 0 is the root."""


@dataclass(frozen=True)
class Sizes:
    users: int = size(1_100, "people", quick=40)
    tweets: int = size(200_000, "others' tweets around", quick=2_000)
    replies: int = size(10_000, "of each conversation", quick=90)
    requests: int = size(300, "of each page, in process", quick=3)
    seconds: float = size(5.0, "of load on each page, over one connection", quick=0.5)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    random = Random(SEED)
    authors = data.people(sizes.users, "u")
    data.posts(authors, max(1, sizes.tweets // sizes.users))
    writers = data.people(WRITERS, "w")
    shapes: dict[str, Parent] = {
        "chain": lambda place: place - 1,
        "star": lambda place: 0,
        "bush": lambda place: random.randrange(place),
    }
    threads = {shape: _thread(writers, sizes.replies, parent) for shape, parent in shapes.items()}
    viewer = _viewer(writers)
    data.settle()
    described = {
        "users": User.objects.count(),
        "other_tweets": sizes.users * max(1, sizes.tweets // sizes.users),
        "replies_of_each": sizes.replies,
        "page": settings.THREAD_PAGE,
        "levels": settings.THREAD_LEVELS,
        "seconds_of_load": sizes.seconds,
    }
    figures = {shape: _measure(ids, viewer, sizes, installation.base_url) for shape, ids in threads.items()}
    return described, figures


def _thread(writers: list[int], size: int, parent: Parent) -> list[int]:
    """The ids of the root and of its replies, in the order in which they were written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT snowflake() FROM generate_series(0, %s)", [size])
        ids = sorted(row[0] for row in cursor.fetchall())
        paths: list[bytes | None] = [None]
        with cursor.copy(f"COPY tweets ({COLUMNS}) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int8", "int8", "text", "int8", "int8", "bytea"])
            copy.write_row((ids[0], writers[0], "The root of a long conversation.", None, None, None))
            for place in range(1, size + 1):
                above = parent(place)
                paths.append(path_below(paths[above], ids[place]))
                text = f"Reply {place} of a long conversation, with as many words as people usually write in one."
                author = writers[place % len(writers)]
                copy.write_row((ids[place], author, text, ids[above], ids[0], paths[place]))
    return ids


def _viewer(writers: list[int]) -> User:
    """Somebody who mutes one of them, and who is logged in: the dearest page there is."""
    viewer = User.objects.get(pk=data.people(1, "viewer")[0])
    mute(muter=viewer, muted=User.objects.get(pk=writers[-1]))
    return viewer


def _measure(ids: list[int], viewer: User, sizes: Sizes, base_url: str) -> dict[str, Any]:
    """Of the pages at the beginning, in the middle and at the end, and of the page of a reply that stands deep."""
    in_order = list(Tweet.objects.filter(conversation_id=ids[0]).order_by("thread_path").values_list("pk", flat=True))
    deep = in_order[len(in_order) * 9 // 10]
    paths = {
        "first": f"/tweets/{ids[0]}/",
        "middle": f"/tweets/{ids[0]}/?cursor={encode_cursor(in_order[len(in_order) // 2])}",
        "last": f"/tweets/{ids[0]}/?cursor={encode_cursor(in_order[-settings.THREAD_PAGE - 1])}",
        "deep": f"/tweets/{deep}/",
    }
    return {
        "walk": _walk(ids[0], len(in_order), viewer),
        **{name: _page(path, viewer, sizes, base_url) for name, path in paths.items()},
        "rows_read": _rows_read(ids[0], in_order, viewer),
    }


def _walk(root_id: int, replies: int, viewer: User) -> dict[str, int]:
    """Every page from the first to the last, as "Load more" leads. Raises NotTheSame when a reply is missing."""
    browser = _browser(viewer)
    path, pages, seen = f"/tweets/{root_id}/", 0, list[str]()
    more = path
    while more:
        html = browser.get(more, headers={"HX-Request": "true"}).content.decode()
        seen += _CARD.findall(html)
        pages += 1
        link = re.search(r'hx-get="([^"]+)"', html)
        more = f"{path}{unescape(link[1])}" if link else ""
    if len(seen) != replies or len(set(seen)) != replies:
        raise NotTheSame(f"{len(set(seen))} of {replies} replies in {len(seen)} places")
    return {"pages": pages, "replies": len(seen)}


def _browser(viewer: User) -> Client:
    browser = Client(headers={"host": "127.0.0.1"})
    browser.force_login(viewer)
    return browser


def _page(path: str, viewer: User, sizes: Sizes, base_url: str) -> dict[str, Any]:
    browser = _browser(viewer)
    took: list[float] = []
    spent = 0.0
    for turn in range(-3, sizes.requests):  # the first ones warm up
        began, spent_before = time.perf_counter(), time.process_time()
        response = browser.get(path)
        if response.status_code != 200:
            raise NotTheSame(f"{path}: {response.status_code}")
        if turn >= 0:
            took.append(1000 * (time.perf_counter() - began))
            spent += time.process_time() - spent_before
    with CaptureQueriesContext(connection) as queries:
        cards = len(_CARD.findall(browser.get(path).content.decode()))
    over_http = client.load(base_url, [html_request(viewer, path)], sizes.seconds)
    if set(over_http.statuses) != {200}:
        raise NotTheSame(f"{path}: answers {dict(over_http.statuses)}")
    return {
        "cards": cards,
        "queries": len(queries),
        "bytes": round(over_http.bytes / len(over_http.latencies_ms)),
        "in_process_ms": percentiles(sorted(took)),
        "processor_ms": round(1000 * spent / sizes.requests, 2),
        "http_ms": percentiles(over_http.latencies_ms),
        "http_requests": len(over_http.latencies_ms),
    }


def _rows_read(root_id: int, in_order: list[int], viewer: User) -> dict[str, Any]:
    """What PostgreSQL does for the places of the page in the middle."""
    root = Tweet.objects.get(pk=root_id)
    middle = Tweet.objects.get(pk=in_order[len(in_order) // 2])
    with CaptureQueriesContext(connection) as seen:
        below(root, viewer, after=bytes(middle.thread_path or b""), limit=settings.THREAD_PAGE + 1)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {seen[0]['sql']}")  # nosec B608 # the product's own
        [[explained]] = cursor.fetchone()
    [scan] = explained["Plan"]["Plans"]
    return {
        "plan": f"{scan['Node Type']} using {scan.get('Index Name')}",
        "rows": scan["Actual Rows"] * scan["Actual Loops"] + scan.get("Rows Removed by Filter", 0),
        "blocks": scan["Shared Hit Blocks"] + scan["Shared Read Blocks"],
        "milliseconds": round(explained["Execution Time"], 2),
    }
