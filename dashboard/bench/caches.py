"""What each cache saves: the same recorded reads, with all tiers and without one after the other.

In process, through all middleware, so that each statement and each command is one of these reads. People, authors and
posts are drawn by power laws; after every 65 reads somebody posts, which goes out before the next read. The first half
of the reads warms up, the second half is counted. The installation's workers are stopped meanwhile.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from accounts.generating import Urn, generate_graph
from accounts.models import User
from dashboard.bench import data
from dashboard.bench.alone import alone
from dashboard.bench.home import NotTheSame, session_key
from dashboard.bench.kept import kept
from dashboard.bench.sizes import Installation, size
from dashboard.bench.statements import Asked, watched
from dashboard.bench.uncached import plain_home
from socialgraph import events
from socialgraph.cache import ForgivingCache
from socialgraph.pagination import encode_cursor
from socialgraph.redis import WORKER_TIMEOUT, connect
from tweets.bodies import NEAREST
from tweets.generating import WORDS, generate_activity
from tweets.models import Bookmark, Tweet
from tweets.services import post_tweet

SEED = 7
FOLLOWS_EACH, LIKES_EACH = 30, 2
READERS = 200  # with a session
SAVED = 40  # bookmarks of each reader
READS_A_POST = 65
FLATTENED = 5.0
POWER = 1.0  # of the laws by which readers, authors and posts are drawn
RECENT = 20_000  # posts that are opened
VISITORS = 0.2  # share of the reads of profiles and posts that are by nobody
NOWHERE = "redis://127.0.0.1:1/0"
MIX = {"home": 50, "home, next page": 12, "profile": 12, "thread": 14, "single post": 4, "bookmarks": 4, "search": 4}
"""Of 100 reads."""
PLAIN_READS = 60  # of home, without any of this project's reading


@dataclass(frozen=True)
class Sizes:
    users: int = size(20_000, "people", quick=120)
    tweets: int = size(200_000, "tweets", quick=600)
    reads: int = size(1_200, "of each way; the first half of them warms up", quick=60)


class Read(NamedTuple):
    kind: str
    reader: int | None
    """Place among the readers; None is a visitor."""
    path: str


class WithoutCards(ForgivingCache):
    """Sessions and the rest as always; cards, which alone are asked for together, are not kept."""

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return {}

    def set_many(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass
class Found:
    """Of the counted half."""

    asked: list[Asked] = field(default_factory=list)
    by_kind: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Statements of each read."""
    processor: float = 0.0
    commands: int = 0

    @property
    def sums(self) -> dict[str, float]:
        return {
            "statements": sum(asked.calls for asked in self.asked),
            "rows": sum(asked.rows for asked in self.asked),
            "postgresql_ms": sum(asked.milliseconds for asked in self.asked),
            "blocks": sum(asked.blocks for asked in self.asked),
        }

    @property
    def reads(self) -> int:
        return sum(map(len, self.by_kind.values()))


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    generate_graph(users=sizes.users, follows=sizes.users * FOLLOWS_EACH, seed=SEED)
    generate_activity(tweets=sizes.tweets, likes=sizes.tweets * LIKES_EACH, seed=SEED)
    random = Random(SEED)
    people = list(User.objects.order_by("pk"))
    posts = list(Tweet.objects.filter(retweet_of=None).order_by("-pk").values_list("pk", flat=True)[:RECENT])
    readers = random.sample(people, min(READERS, len(people) // 2))
    _save(readers, posts, random)
    data.settle()
    reads = _recorded(random, sizes.reads, people, posts, len(readers))
    keys = [session_key(reader) for reader in readers]
    with alone(installation):
        # The whole product last, so that its caches can be looked at.
        found = {name: _replay(reads, keys, people, tier) for name, tier in reversed(TIERS.items())}
        held = kept()
        at_home = [read.reader for read in reads if read.kind == "home" and read.reader is not None]
        plain = {
            name: plain_home(readers, keys, at_home[-PLAIN_READS:], is_each_alone=name == "card_by_card")
            for name in ("plain_join", "card_by_card")
        }
    described = {
        "users": len(people),
        "follows": sizes.users * FOLLOWS_EACH,
        "tweets": sizes.tweets,
        "readers": len(readers),
        "reads_counted": found["all tiers"].reads,
        "reads_a_post": READS_A_POST,
        "percent_of_reads": MIX,
        "page": settings.PAGE_SIZE,
    }
    return described, {
        "tiers": {name: _figures(found[name], found["all tiers"]) for name in TIERS},
        "statements_of": {
            kind: {name: _mean(found[name].by_kind[kind]) for name in ("all tiers", "no tier")} for kind in MIX
        },
        "kept": held,
        "home": plain,
    }


def _save(readers: list[User], posts: list[int], random: Random) -> None:
    Bookmark.objects.bulk_create(
        [
            Bookmark(user=reader, tweet_id=post_id)
            for reader in readers
            for post_id in random.sample(posts, min(SAVED, len(posts)))
        ],
        batch_size=1_000,
    )


def _recorded(random: Random, count: int, people: list[User], posts: list[int], readers: int) -> list[Read]:
    who, whom = _urn(random, readers), _urn(random, len(people))
    what = _urn(random, len(posts))
    reads = []
    for kind in random.choices(list(MIX), list(MIX.values()), k=count):
        [reader], [author], [post] = who.draw(1), whom.draw(1), what.draw(1)
        path = {
            "home": "/",
            "home, next page": f"/?cursor={encode_cursor(posts[len(posts) // 4])}",
            "profile": f"/{people[author].username}/",
            "thread": f"/tweets/{posts[post]}/",
            "single post": f"/api/tweets/{posts[post]}",
            "bookmarks": "/bookmarks/",
            "search": f"/search/?q={random.choice(WORDS)}",
        }[kind]
        is_visitor = kind in ("profile", "thread", "single post") and random.random() < VISITORS
        reads.append(Read(kind, None if is_visitor else reader, path))
    return reads


def _urn(random: Random, size: int) -> Urn:
    return Urn(random, size, exponent=POWER, flattened=FLATTENED)


@contextmanager
def _without(tier: str) -> Iterator[None]:
    """Within the block the product runs as if it had no such tier."""
    cache = settings.CACHES["default"]
    with ExitStack() as stack:
        if tier in ("cards in process", "cards", "all"):
            usual = NEAREST.size
            NEAREST.size = 0
            stack.callback(setattr, NEAREST, "size", usual)
        if tier in ("cards in Redis", "cards"):
            changed = {**cache, "BACKEND": "dashboard.bench.caches.WithoutCards"}
            stack.enter_context(override_settings(CACHES={"default": changed}))
        if tier in ("sessions in Redis", "all"):
            stack.enter_context(override_settings(SESSION_ENGINE="django.contrib.sessions.backends.db"))
        if tier in ("timelines in Redis", "all"):
            stack.enter_context(override_settings(TIMELINES_URL=NOWHERE))
        if tier == "all":
            dummy = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
            stack.enter_context(override_settings(CACHES={"default": dummy}))
        NEAREST.clear()
        yield


TIERS = {
    "all tiers": "none",
    "no cards in process": "cards in process",
    "no cards in Redis": "cards in Redis",
    "no cards kept": "cards",
    "no sessions in Redis": "sessions in Redis",
    "no timelines in Redis": "timelines in Redis",
    "no tier": "all",
}


def _replay(reads: list[Read], keys: list[str], people: list[User], tier: str) -> Found:
    """From cold caches on."""
    for url in (settings.CACHE_URL, settings.TIMELINES_URL):
        connect(url, WORKER_TIMEOUT).flushdb()
    found, half = Found(), len(reads) // 2
    random = Random(SEED)
    authors = _urn(random, len(people))
    with _without(tier):
        browser = Client(headers={"host": "127.0.0.1"})
        for place in range(0, len(reads), READS_A_POST):
            parts = [range(place, min(place + READS_A_POST, half)), range(max(place, half), place + READS_A_POST)]
            for read in [reads[n] for n in parts[0]]:
                _read(browser, read, keys)
            counted = [reads[n] for n in parts[1] if n < len(reads)]
            if counted:
                _count(browser, counted, keys, found)
            [author] = authors.draw(1)
            post_tweet(author=people[author], text=f"Post {place} while others read.")
            events.drain()
    return found


def _count(browser: Client, reads: list[Read], keys: list[str], found: Found) -> None:
    statements = 0

    def one_more(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    before, spent_before = _commands(), time.process_time()
    with watched() as asked:
        for read in reads:
            statements = 0
            with connection.execute_wrapper(one_more):
                _read(browser, read, keys)
            found.by_kind[read.kind].append(statements)
    found.processor += time.process_time() - spent_before
    found.commands += _commands() - before
    found.asked.append(asked)


def _read(browser: Client, read: Read, keys: list[str]) -> None:
    browser.cookies.clear()
    if read.reader is not None:
        browser.cookies[settings.SESSION_COOKIE_NAME] = keys[read.reader]
    status = browser.get(read.path).status_code
    if status != 200:
        raise NotTheSame(f"{read.path}: {status}")


def _commands() -> int:
    """Of both servers since their start."""
    urls = [url for url in (settings.CACHE_URL, settings.TIMELINES_URL) if url != NOWHERE]
    return sum(int(connect(url, WORKER_TIMEOUT).info("stats")["total_commands_processed"]) for url in urls)


def _figures(found: Found, with_all: Found) -> dict[str, Any]:
    """For each read; and what of it the product asks for when it has all tiers."""
    reads = found.reads
    sums, least = found.sums, with_all.sums
    return {
        **{name: round(total / reads, 2) for name, total in sums.items()},
        "processor_ms": round(1000 * found.processor / reads, 2),
        "redis_commands": round(found.commands / reads, 2),
        "avoided_percent": {name: round(100 * (1 - least[name] / sums[name]), 1) for name in sums if sums[name]},
    }


def _mean(values: list[int]) -> float:
    return round(sum(values) / max(1, len(values)), 2)
