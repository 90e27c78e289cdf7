"""Replaying recorded posts through the product itself: `post_tweet`, the outbox and workers that run beside it."""

import json
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts.loading import BadLine, numbered_lines
from accounts.models import Celebrity, User
from accounts.services import active_since
from socialgraph.progress import Meter, Progress, silent
from timelines.deliveries import Deliveries
from tweets.services import post_tweet
from tweets.text import clean_text

LONGEST_LINE = 65_536  # bytes of one recorded post
PICK_UP_SECONDS = 15
STALL_SECONDS = 60
"""How long nothing may move before the rest is given up; more than the lease of a worker that has died."""
LOOK_SECONDS = 1.0


class CannotReplay(RuntimeError):
    """There is something missing for it; says what."""


@dataclass(frozen=True)
class Post:
    at: datetime
    author: str
    text: str


def read_posts(path: Path) -> list[Post]:
    """The whole recording, JSON objects line by line, every text one that can be posted. Raises BadLine and OSError."""
    posts = []
    for number, line in numbered_lines(path, LONGEST_LINE):
        try:
            posts.append(_post(line))
        except (ValueError, RecursionError) as error:
            raise BadLine(number, str(error)) from error
    return posts


def _post(line: bytes) -> Post:
    record = json.loads(line.decode())
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    texts = []
    for name in ("created_at", "author", "text"):
        value = record.get(name)
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name} is no text")
        texts.append(value)
    created_at, author, text = texts
    at = datetime.fromisoformat(created_at)
    if at.tzinfo is None:
        raise ValueError(f"created_at {created_at!r} does not say its offset from UTC")
    return Post(at, author, clean_text(text, maximum=settings.TWEET_TEXT_MAX))


def pair_by_rank(posts: list[Post]) -> dict[str, User]:
    """Who posts most (then: first) speaks for the user with most followers (then: of the lowest id), and so on."""
    ranked = [author for author, _ in Counter(post.author for post in posts).most_common()]
    users = list(User.objects.filter(is_active=True).order_by("-follower_count", "id")[: len(ranked)])
    if len(users) < len(ranked):
        raise CannotReplay(
            f"The recording has {len(ranked)} authors, but there are only {len(users)} users: load a graph first."
        )
    return dict(zip(ranked, users, strict=True))


def audience(author: User) -> int:
    """How many timelines a tweet of this author must reach now: of the active followers, unless readers merge it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM follows JOIN users author ON author.id = followee_id"
            " JOIN users follower ON follower.id = follower_id"
            " WHERE followee_id = %s AND author.celebrity <> %s AND follower.last_active_on >= %s",
            [author.pk, Celebrity.YES, active_since()],
        )
        return int(cursor.fetchone()[0])


@dataclass
class Replay:
    """One run. `run` may be called once; the timelines of all active users must exist before it."""

    posts: list[Post]
    users: dict[str, User]
    speed: float | None = None
    """Times the recorded pace; None: as fast as it goes."""
    meter: Meter = silent
    expected: int = 0
    deliveries: Deliveries = field(default_factory=Deliveries)
    _next_look: float = 0.0

    def run(self) -> None:
        """Post everything and wait until all is delivered. Raises CannotReplay when no worker does its part."""
        started = time.monotonic()
        with self.meter("posting", len(self.posts), "posts") as progress:
            for number, post in enumerate(self.posts):
                if self.speed is not None:
                    self._wait_until(started + (post.at - self.posts[0].at).total_seconds() / self.speed, progress)
                author = self.users[post.author]
                self.expected += audience(author)
                self.deliveries.follow(post_tweet(author=author, text=post.text).tweet.pk)
                if number == 0:
                    self._wait_for_a_worker()
                progress.advance()
                self._look_now_and_then(progress)
        self._drain()

    def _wait_until(self, moment: float, progress: Progress) -> None:
        while (left := moment - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
            self._look_now_and_then(progress)

    def _look_now_and_then(self, progress: Progress) -> None:
        if (now := time.monotonic()) >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            self._note(progress)

    def _note(self, progress: Progress) -> None:
        per_second = self.deliveries.look()
        progress.note(deliveries_per_second=f"{per_second:.0f}", lag_ms=f"{self.deliveries.current_lag_ms:.0f}")

    def _wait_for_a_worker(self) -> None:
        deadline = time.monotonic() + PICK_UP_SECONDS
        while not self.deliveries.are_picked_up():
            if time.monotonic() > deadline:
                raise CannotReplay(
                    f"No worker took up the first tweet within {PICK_UP_SECONDS} s, so nothing more was posted. Start"
                    " one (celery -A socialgraph worker -Q fanout); it will deliver that tweet."
                )
            time.sleep(0.02)

    def _drain(self) -> None:
        seen, since = (-1, -1), time.monotonic()
        with self.meter("delivering", len(self.posts), "tweets delivered") as progress:
            while not self.deliveries.are_complete():
                self._note(progress)
                progress.advance(self.deliveries.finished - progress.done)
                state = (self.deliveries.total, self.deliveries.finished)
                if state != seen:
                    seen, since = state, time.monotonic()
                elif time.monotonic() - since > STALL_SECONDS:
                    raise CannotReplay(
                        f"Nothing was delivered for {STALL_SECONDS} s, {self.deliveries.pending} tweets are left: look"
                        " at the workers' logs, and in the outbox at last_error."
                    )
                time.sleep(0.1)

    def report(self) -> str:
        """The line of a finished or given-up run."""
        done, lags = self.deliveries, self.deliveries.lags_ms()
        p50, p95, longest = (percentile(lags, share) for share in (0.5, 0.95, 1.0))
        return (
            f"posts={done.posts} deliveries={done.total} expected={self.expected}"
            f" per_second={done.total / max(done.seconds(), 0.001):.0f}"
            f" lag_p50_ms={p50:.0f} lag_p95_ms={p95:.0f} lag_max_ms={longest:.0f}"
        )


def percentile(values: list[float], share: float) -> float:
    """The smallest of the ascending values that at least this share of them does not exceed; 0 of none."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else 0.0
