"""What became of certain tweets: their deliveries and lags, read from the outbox while its rows exist."""

import time

from django.db import connection
from django.db.models import Max

from socialgraph.models import OutboxEvent

LOOK_ROWS = 20_000
"""Outbox rows in one look. More can be unfinished; they are seen when the first ones are done."""


class Deliveries:
    """Follows the tweets that are posted from now on, and only those it is told of.

    Each look folds what was finished since the last one, so an outbox that is pruned meanwhile takes nothing away.
    The unfinished are held back by `_done_up_to`: a range of an audience has a higher id than its tweet's event and is
    committed together with that event's end, so it is never passed over.
    """

    def __init__(self) -> None:
        self.total = 0
        """Deliveries so far, those of unfinished events included."""
        self.finished = 0
        """Tweets whose events are all done."""
        self.current_lag_ms = 0.0
        self._done_up_to: int = OutboxEvent.objects.aggregate(last=Max("id"))["last"] or 0
        self._followed: set[int] = set()
        self._folded: set[int] = set()
        self._folded_deliveries = 0
        self._started: dict[int, float] = {}
        self._ended: dict[int, float] = {}
        self._open: set[int] = set()
        self._looked = (time.monotonic(), 0)

    @property
    def posts(self) -> int:
        return len(self._followed)

    @property
    def pending(self) -> int:
        return self.posts - self.finished

    def follow(self, tweet_id: int) -> None:
        """To be called when the tweet is committed."""
        self._followed.add(tweet_id)

    def are_picked_up(self) -> bool:
        """Whether a worker has claimed any of these events, or works on events before them."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS(SELECT 1 FROM outbox WHERE id > %s AND attempts > 0)"
                " OR EXISTS(SELECT 1 FROM outbox WHERE done_at IS NULL AND lease_until > clock_timestamp()"
                "  AND holder IN (SELECT pid FROM pg_stat_activity))",
                [self._done_up_to],
            )
            return bool(cursor.fetchone()[0])

    def are_complete(self) -> bool:
        self.look()
        return self.finished == self.posts

    def look(self) -> float:
        """Read on; returns the deliveries a second since the look before."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, (payload->>'tweet_id')::bigint, deliveries, extract(epoch FROM created_at)::float8,"
                " extract(epoch FROM done_at)::float8 FROM outbox"
                " WHERE id > %s AND event IN ('tweet_posted', 'tweet_range') ORDER BY id LIMIT %s",
                [self._done_up_to, LOOK_ROWS],
            )
            rows = cursor.fetchall()
        unfinished = 0
        self._open.clear()
        for event_id, tweet_id, delivered, created, done in rows:
            if tweet_id not in self._followed:
                pass
            elif done is None:
                unfinished += delivered
                self._open.add(tweet_id)
            elif event_id not in self._folded:
                self._fold(event_id, tweet_id, delivered, created, done)
            if not self._open:
                self._done_up_to = event_id
                self._folded.discard(event_id)
        self.total = self._folded_deliveries + unfinished
        self.finished = len(self._ended.keys() - self._open)
        return self._rate()

    def _fold(self, event_id: int, tweet_id: int, delivered: int, created: float, done: float) -> None:
        self._folded.add(event_id)
        self._folded_deliveries += delivered
        self._started[tweet_id] = min(created, self._started.get(tweet_id, created))
        self._ended[tweet_id] = max(done, self._ended.get(tweet_id, done))
        self.current_lag_ms = 1000 * (self._ended[tweet_id] - self._started[tweet_id])

    def _rate(self) -> float:
        (before, total), now = self._looked, time.monotonic()
        self._looked = (now, self.total)
        return (self.total - total) / max(now - before, 0.001)

    def lags_ms(self) -> list[float]:
        """Ascending, of each tweet: from its event to the end of its last part."""
        return sorted(1000 * (ended - self._started[tweet_id]) for tweet_id, ended in self._ended.items())

    def seconds(self) -> float:
        """From the first post to the last delivery."""
        return max(self._ended.values()) - min(self._started.values()) if self._ended else 0.0
