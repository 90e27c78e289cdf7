"""Replaying recorded posts through the product itself: `post_tweet`, the outbox and real workers."""

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import quantiles

from django.conf import settings
from django.db import connection
from django.db.models import Count

from accounts.models import Celebrity, Follow, User
from socialgraph.models import OutboxEvent
from tweets.services import post_tweet
from tweets.text import TextError, clean_text

STALL_SECONDS = 60
"""How long the drain may go without any progress before it is given up."""


class BadRecording(ValueError):
    """The file cannot be replayed; says which line and why."""


class Stalled(RuntimeError):
    """Nothing was delivered for a while: no worker is running, or it fails."""


@dataclass(frozen=True)
class Post:
    at: datetime
    author: str
    text: str


@dataclass(frozen=True)
class Report:
    posts: int
    deliveries: int
    expected: int
    seconds: float
    lags_ms: list[float]

    def __str__(self) -> str:
        p50, p95 = _percentiles(self.lags_ms)
        return (
            f"posts={self.posts} deliveries={self.deliveries} expected={self.expected}"
            f" per_second={self.deliveries / max(self.seconds, 1e-9):.0f}"
            f" lag_p50_ms={p50:.0f} lag_p95_ms={p95:.0f} lag_max_ms={max(self.lags_ms, default=0):.0f}"
        )


def _percentiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return (values or [0.0])[0], (values or [0.0])[0]
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94]


def read_posts(path: Path, limit: int | None = None) -> list[Post]:
    """The whole recording in its order, every text checked, so that a bad line is found before anything is posted."""
    opener = gzip.open if path.suffix == ".gz" else open
    posts: list[Post] = []
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if limit is not None and len(posts) >= limit:
                break
            try:
                record = json.loads(line)
                clean_text(record["text"], maximum=settings.TWEET_TEXT_MAX)
                posts.append(Post(datetime.fromisoformat(record["created_at"]), str(record["author"]), record["text"]))
            except (ValueError, KeyError, TypeError, TextError) as error:
                raise BadRecording(f"Line {number}: {type(error).__name__}: {error}. Nothing was posted.") from error
    return sorted(posts, key=lambda post: post.at)


def pair_by_rank(posts: list[Post]) -> dict[str, User]:
    """Who posts most speaks for the user with most followers, and so on; BadRecording when there are too few users."""
    ranked = [author for author, _ in Counter(post.author for post in posts).most_common()]
    users = list(User.objects.filter(is_active=True).order_by("-follower_count", "id")[: len(ranked)])
    if len(users) < len(ranked):
        raise BadRecording(f"{len(ranked)} authors but only {len(users)} users: load a follow graph first.")
    return dict(zip(ranked, users, strict=True))


def expected_deliveries(posts: list[Post], users: dict[str, User]) -> int:
    """Followers of authors who are no celebrities, from the follows themselves, summed over their posts."""
    pushed = {user.pk for user in users.values() if user.celebrity != Celebrity.YES}
    followers = dict(
        Follow.objects.filter(followee_id__in=pushed)
        .values_list("followee_id")
        .annotate(followers=Count("id"))
        .values_list("followee_id", "followers")
    )
    return sum(followers.get(users[post.author].pk, 0) for post in posts)


def post_all(posts: list[Post], users: dict[str, User], speed: float | None) -> Iterator[int]:
    """Post one after the other, at `speed` times the recorded pace or without waiting; yields the tweets' ids."""
    started = time.monotonic()
    for post in posts:
        if speed is not None:
            due = started + (post.at - posts[0].at).total_seconds() / speed
            time.sleep(max(0.0, due - time.monotonic()))
        yield post_tweet(author=users[post.author], text=post.text).tweet.pk


def wait_for_drain(first_event_id: int) -> Iterator[int]:
    """Yields how many events of the run are still pending, until none is. Raises Stalled when nothing moves."""
    ours = OutboxEvent.objects.filter(id__gte=first_event_id, done_at=None)
    last, since = None, time.monotonic()
    while pending := ours.count():
        state = (pending, sum(ours.values_list("progress", flat=True)))
        if state != last:
            last, since = state, time.monotonic()
        elif time.monotonic() - since > STALL_SECONDS:
            raise Stalled(
                f"{pending} events are not delivered and nothing moves: is a worker of the queue fanout running?"
            )
        yield pending
        time.sleep(0.2)


def measure(first_event_id: int, tweet_count: int, expected: int) -> Report:
    """Deliveries and lags of the run's events: lag is commit to last delivery, over all parts of a tweet's audience."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(deliveries)::bigint, extract(epoch FROM max(done_at) - min(created_at)),"
            " min(extract(epoch FROM created_at)), max(extract(epoch FROM done_at))"
            " FROM outbox WHERE id >= %s AND event IN ('tweet_posted', 'tweet_range') GROUP BY payload->'tweet_id'",
            [first_event_id],
        )
        rows = cursor.fetchall()
    if len(rows) != tweet_count:
        raise Stalled(f"{tweet_count} tweets were posted, but the outbox knows {len(rows)}: was it pruned meanwhile?")
    seconds = float(max(row[3] for row in rows) - min(row[2] for row in rows)) if rows else 0.0
    return Report(len(rows), sum(row[0] for row in rows), expected, seconds, [float(row[1]) * 1000 for row in rows])


def pulse(first_event_id: int) -> dict[str, str]:
    """Deliveries a second over the last five seconds and the lag of the oldest pending event, for a progress bar."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(deliveries) FILTER (WHERE done_at > clock_timestamp() - interval '5 seconds'), 0) / 5,"
            " coalesce(extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE done_at IS NULL)), 0)"
            " FROM outbox WHERE id >= %s",
            [first_event_id],
        )
        rate, lag = cursor.fetchone()
    return {"deliveries_per_second": f"{rate:.0f}", "lag": f"{lag:.1f}s"}
