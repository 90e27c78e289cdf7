"""Sign-up, look-up, follow, search and bookmarks on the large data set, beside what is promised of them."""

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from django.contrib.auth.hashers import make_password
from knox.models import get_token_model

from accounts.models import Follow, User
from accounts.services import register
from dashboard.bench import bookmarks, client, data
from dashboard.bench.home import NotTheSame, percentiles, processor_seconds
from dashboard.bench.sizes import Installation, size
from socialgraph import counts
from tweets.generating import HASHTAGS, WORDS

HAS_CELEBRITIES = True
PASSWORD = "correct-horse-battery-9"  # nosec B105 # of accounts that the bench makes for itself
SEED = 7
PATIENCE = 20.0
"""Seconds after which a rate that the machine cannot keep is given up."""


@dataclass(frozen=True)
class Sizes:
    users: int = size(1_000_000, "accounts; 20 follows, 2 tweets and 5 likes each", quick=60)
    requests: int = size(300, "of each kind, one after the other", quick=5)
    sign_ups: int = size(100, "at once", quick=4)
    bookmarks: int = size(10_000, "of the reader who has many", quick=100)
    operations: tuple[int, ...] = size((10_000, 25_000, 50_000, 100_000), "with bookmarks a minute", quick=(600,))
    seconds: float = size(10.0, "of each of these rates", quick=1.0)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    described = data.world(sizes.users)
    scene = bookmarks.set_up(sizes.bookmarks)
    data.settle()
    random = Random(SEED)
    asking = User.objects.filter(following_count__gte=5).order_by("-pk")[0]
    headers = client.token(get_token_model().objects.create(asking)[1])
    one_by_one = _Teller(installation)
    figures = {
        "empty": one_by_one([client.request("/bench/empty", {})] * sizes.requests),
        "look_up": _look_ups(one_by_one, headers, sizes.requests, random),
        "follow": _follows(one_by_one, asking, headers, sizes.requests, random),
        "sign_up": _sign_ups(one_by_one, installation, sizes),
        "search": _searches(one_by_one, headers, sizes.requests, random),
        "bookmarks": {
            str(rate): bookmarks.under_load(scene, rate, sizes.seconds, installation, patience=PATIENCE)
            for rate in sizes.operations
        },
    }
    checked, wrong = counts.drift()
    return {**described, **scene.described}, {**figures, "counts_checked": checked, "drift": len(wrong)}


@dataclass(frozen=True)
class _Teller:
    """Sends requests one after the other over one connection and says what they took."""

    installation: Installation

    def __call__(self, requests: Sequence[bytes]) -> dict[str, Any]:
        client.one_by_one(self.installation.base_url, requests[:5])  # warms up; so each of these can be sent twice
        before = processor_seconds(self.installation.web_pid)
        result = client.one_by_one(self.installation.base_url, requests)
        spent = processor_seconds(self.installation.web_pid) - before
        if not set(result.statuses) <= {200, 201}:
            raise NotTheSame(f"Answers {dict(result.statuses)}")
        return {
            "requests": len(requests),
            "ms": percentiles(result.latencies_ms),
            "processor_ms": round(1000 * spent / len(requests), 2),
        }


def _look_ups(one_by_one: _Teller, headers: dict[str, str], count: int, random: Random) -> dict[str, Any]:
    people = _some(count, random)
    return {
        "by_id": one_by_one([client.request(f"/api/users/{user.pk}", headers) for user in people]),
        "by_name": one_by_one([client.request(f"/api/users/{user.username}", headers) for user in people]),
        "by_name_visitor": one_by_one([client.request(f"/api/users/{user.username}", {}) for user in people]),
    }


def _some(count: int, random: Random) -> list[User]:
    """Different people, by chance among all."""
    first, last = User.objects.order_by("pk")[0], User.objects.order_by("-pk")[0]
    numbers = random.sample(range(User.objects.count()), k=count)
    prefix = first.username.partition("_")[0]
    found = User.objects.filter(username__in=[f"{prefix}_{n}" for n in numbers]).exclude(pk=last.pk)
    return sorted(found, key=lambda user: random.random())


def _follows(one_by_one: _Teller, asking: User, headers: dict[str, str], count: int, random: Random) -> dict[str, Any]:
    followed = set(Follow.objects.filter(follower=asking).values_list("followee_id", flat=True))
    people = [user for user in _some(count, random) if user.pk not in followed and user.pk != asking.pk]
    paths = [f"/api/users/{user.pk}/follow" for user in people]
    return {
        "follow": one_by_one([client.message("POST", path, headers, {}) for path in paths]),
        "unfollow": one_by_one([client.message("DELETE", path, headers, {}) for path in paths]),
    }


def _sign_ups(one_by_one: _Teller, installation: Installation, sizes: Sizes) -> dict[str, Any]:
    """One at a time over HTTP; in process beside the hash alone; and many at once."""
    numbers = iter(range(10**6))
    before = User.objects.count()

    def request() -> bytes:
        name = f"new{next(numbers)}"
        return client.message("POST", "/api/users", {}, {**_account(name)})

    over_http = _each_new(installation, [request() for _ in range(sizes.requests)])
    whole, hashing = list[float](), list[float]()
    for n in range(sizes.requests):
        began = time.perf_counter()
        register(**_account(f"own{n}"))
        whole.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        make_password(PASSWORD)
        hashing.append(1000 * (time.perf_counter() - began))
    at_once = client.load(installation.base_url, [request() for _ in range(sizes.sign_ups)], 0.0)
    made = User.objects.count() - before
    if set(at_once.statuses) != {201} or made != 2 * sizes.requests + sizes.sign_ups:
        raise NotTheSame(f"{made} accounts made, answers {dict(at_once.statuses)}")
    return {
        "http": over_http,
        "in_process_ms": percentiles(sorted(whole)),
        "hash_alone_ms": percentiles(sorted(hashing)),
        "without_hash_ms": round(statistics.median(whole) - statistics.median(hashing), 2),
        "at_once": {
            "sign_ups": sizes.sign_ups,
            "succeeded": at_once.statuses[201],
            "seconds": round(at_once.seconds, 2),
            "ms": percentiles(at_once.latencies_ms),
        },
    }


def _account(name: str) -> dict[str, str]:
    return {"username": name, "email": f"{name}@example.org", "password": PASSWORD, "display_name": name}


def _each_new(installation: Installation, requests: list[bytes]) -> dict[str, Any]:
    result = client.one_by_one(installation.base_url, requests)
    if set(result.statuses) != {201}:
        raise NotTheSame(f"Answers {dict(result.statuses)}")
    return {"requests": len(requests), "ms": percentiles(result.latencies_ms)}


def _searches(one_by_one: _Teller, headers: dict[str, str], count: int, random: Random) -> dict[str, Any]:
    writers = [user.username for user in User.objects.order_by("-tweet_count")[:count]]
    names = [user.username for user in _some(count, random)]

    def asked(questions: Iterable[str], rest: str) -> dict[str, Any]:
        return one_by_one([client.request(f"/api/search?q={quote(q)}&{rest}", headers) for q in questions])

    kinds = {
        "a word": [random.choice(WORDS) for _ in range(count)],
        "two words": [" ".join(random.sample(WORDS, k=2)) for _ in range(count)],
        "a hashtag": [f"#{random.choice(HASHTAGS)}" for _ in range(count)],
        "by somebody": [f"from:{random.choice(writers)}" for _ in range(count)],
        "mentioning somebody": [f"@{random.choice(writers)}" for _ in range(count)],
    }
    return {
        **{
            order: {kind: asked(questions, f"type=tweets&order={order}") for kind, questions in kinds.items()}
            for order in ("recent", "top")
        },
        "people": {
            "a whole name": asked(names, "type=users"),
            "its beginning": asked([name[:5] for name in names], "type=users"),
            "a part of it": asked([name[2:] for name in names], "type=users"),
            "a slip of it": asked([f"{name[:-1]}x" for name in names], "type=users"),
        },
    }
