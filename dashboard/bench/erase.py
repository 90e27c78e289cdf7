"""Erasing a large account with the product's own workers, and what others notice of it meanwhile."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from accounts.models import User
from accounts.services import close_account, follow, unfollow
from dashboard.bench import data
from dashboard.bench.fan_out_load import WrongCount
from dashboard.bench.sizes import Installation, size
from socialgraph.models import OutboxEvent
from timelines.deliveries import Deliveries
from tweets.models import Tweet
from tweets.services import like, post_tweet

PATIENCE_SECONDS = 900
FANS_ACTIVE = 1_000
"""Of the followers: how many answer, quote, retweet and like."""
LIKES_EACH = 10

_TENTH = (
    "(SELECT id, (%(fans)s)[1 + row_number() OVER () %% cardinality(%(fans)s)] AS fan FROM tweets"
    " WHERE author_id = %(author)s AND text LIKE 'Post %%0 of %%') t"
)
_AROUND = (
    "INSERT INTO likes (user_id, tweet_id) SELECT f, id FROM tweets, unnest(%(likers)s) f",
    "INSERT INTO tweets (author_id, text, reply_to_id, conversation_id, thread_path)"  # nosec B608 # made of constants
    f" SELECT fan, 'An answer', id, id, int8send(id) FROM {_TENTH}",  # nosec B608 # made of constants
    f"INSERT INTO tweets (author_id, text, quote_of_id) SELECT fan, 'Look', id FROM {_TENTH}",  # nosec B608 # made of constants
    f"INSERT INTO tweets (author_id, text, retweet_of_id) SELECT fan, '', id FROM {_TENTH}",  # nosec B608 # made of constants
)
"""Likes on every post, and on every tenth an answer, a quote and a retweet."""


@dataclass
class Watched:
    """What was seen while the account was being erased, in milliseconds."""

    posting: list[float] = field(default_factory=list)
    following: list[float] = field(default_factory=list)
    liking: list[float] = field(default_factory=list)
    transactions: dict[tuple[Any, ...], float] = field(default_factory=dict)
    """How long each transaction lasted at the last look, by session and beginning."""
    erasing: set[tuple[Any, ...]] = field(default_factory=set)
    """Those that were seen erasing."""


@dataclass(frozen=True)
class Sizes:
    fans: int = size(100_000, "followers of the account that is erased", quick=100)
    own: int = size(10_000, "its tweets", quick=20)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    author = User.objects.get(pk=data.people(1, "star")[0])
    everybody = data.people(sizes.fans, "f")
    data.follow(everybody, [author.pk])
    data.posts([author.pk], sizes.own)
    with connection.cursor() as cursor:
        values = {"author": author.pk, "fans": everybody[:FANS_ACTIVE], "likers": everybody[:LIKES_EACH]}
        for statement in _AROUND:
            cursor.execute(statement, values)
    data.settle()
    described = {
        "followers": sizes.fans,
        "tweets": sizes.own,
        "likes_on_each": LIKES_EACH,
        "answers_quotes_retweets": 3 * sizes.own // 10,
    }
    return described, _measure(author, everybody)


def _measure(author: User, everybody: list[int]) -> dict[str, Any]:
    poster, reader, person = User.objects.filter(pk__in=everybody[-3:]).order_by("pk")
    follow(follower=reader, followee=poster)
    seen, deliveries, over = Watched(), Deliveries(), threading.Event()
    watcher = threading.Thread(target=_watch_transactions, args=(seen, over))
    began = time.monotonic()
    close_account(user=author)
    watcher.start()
    try:
        while User.objects.filter(pk=author.pk).exists():
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise WrongCount(f"The account is still there after {PATIENCE_SECONDS} s: do the workers run?")
            tweet = _timed(seen.posting, lambda: post_tweet(author=poster, text=f"Meanwhile {time.time_ns()}").tweet)
            deliveries.follow(tweet.pk)
            _timed(seen.liking, lambda tweet=tweet: like(user=reader, tweet=tweet))
            _timed(seen.following, lambda: follow(follower=reader, followee=person))
            _timed(seen.following, lambda: unfollow(follower=reader, followee=person))
            time.sleep(0.05)
    finally:
        over.set()
        watcher.join()
    took = time.monotonic() - began
    while not deliveries.are_complete():
        time.sleep(0.05)
    if left := Tweet.objects.filter(author_id=author.pk).count():
        raise WrongCount(f"{left} tweets are left.")
    turns = OutboxEvent.objects.filter(event="account_closed").order_by("pk")
    last = turns.last()
    assert last is not None  # nosec B101 # for the type checker
    rows = last.payload.get("erased", 0) + last.progress
    return {
        "seconds": round(took, 1),
        "rows": rows,
        "rows_per_second": round(rows / took),
        "turns": turns.count(),
        "longest_transaction_ms": {
            "erasing": max((t for key, t in seen.transactions.items() if key in seen.erasing), default=0.0),
            "others": max((t for key, t in seen.transactions.items() if key not in seen.erasing), default=0.0),
        },
        "meanwhile": {
            "post_ms": _spread(seen.posting),
            "like_ms": _spread(seen.liking),
            "follow_ms": _spread(seen.following),
            "delivery_lag_ms": _spread(deliveries.lags_ms()),
        },
    }


def _timed(durations: list[float], action: Any) -> Any:
    began = time.perf_counter()
    result = action()
    durations.append(1000 * (time.perf_counter() - began))
    return result


def _spread(durations: list[float]) -> dict[str, float]:
    ascending = sorted(durations)
    if not ascending:  # a small account is gone before anybody has done anything
        return {"times": 0}
    return {
        "times": len(ascending),
        "p50": round(ascending[len(ascending) // 2], 1),
        "p95": round(ascending[int(len(ascending) * 0.95)], 1),
        "max": round(ascending[-1], 1),
    }


def _watch_transactions(seen: Watched, over: threading.Event) -> None:
    """As often as one can look. Of the others the longest is the flusher's, which folds the counts that change."""
    with connection.cursor() as cursor:
        while not over.wait(0.01):
            cursor.execute(
                "SELECT pid, xact_start, query LIKE ANY(ARRAY['DELETE FROM \"%%', 'UPDATE tweets SET %%']),"
                " round(1000 * extract(epoch FROM clock_timestamp() - xact_start))::float8"
                " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' AND xact_start IS NOT NULL",
                [],
            )
            for *key, is_erasing, lasted in cursor.fetchall():
                seen.transactions[tuple(key)] = lasted
                if is_erasing:
                    seen.erasing.add(tuple(key))
    connection.close()
