"""The rungs of the ladder of like checks, for `bench likes`; the product itself has the last one alone."""

import time
from typing import Any

from django.db import connection

from accounts.models import User
from accounts.visibility import is_seen_by
from dashboard.bench.bloom import Shape
from socialgraph.redis import timelines
from tweets.cards import columns
from tweets.selectors import BOOKMARKED, LIKED, RETWEETED

BATCH = 1_000

Page = tuple[int, list[int]]
"""Who reads, and ids of posts: the viral one first."""
Marks = list[bool]


class Filter:
    """In Valkey, of those who like one post."""

    def __init__(self, likers: list[int], rate: float) -> None:
        self.shape, self._key = Shape.of(len(likers), rate), f"bench:filter:{rate}"
        began = time.perf_counter()
        timelines().set(self._key, self.shape.filled(likers))
        self.seconds = time.perf_counter() - began

    @property
    def bytes(self) -> int:
        return timelines().memory_usage(self._key) or 0

    def ask(self, pipe: Any, user_id: int) -> None:
        """The answer is maybe when all its bits are set."""
        asked: list[str] = []
        for offset in self.shape.offsets(user_id):
            asked += "GET", "u1", str(offset)
        pipe.execute_command("BITFIELD_RO", self._key, *asked)

    def maybes(self, user_ids: list[int]) -> int:
        """Of how many it says maybe."""
        pipe = timelines().pipeline(transaction=False)
        for user_id in user_ids:
            self.ask(pipe, user_id)
        return sum(all(bits) for bits in pipe.execute())


class Rungs:
    """The marks of a page by each way, all of them right."""

    def __init__(self, viral: int, likers: list[int], ordinary: list[int], of_the_viral: Filter) -> None:
        self._filter = of_the_viral
        pipe = timelines().pipeline(transaction=False)
        for start in range(0, len(likers), BATCH):
            pipe.sadd(_key(viral), *likers[start : start + BATCH])
            pipe.execute()
        with connection.cursor() as cursor:
            for start in range(0, len(ordinary), BATCH):
                cursor.execute(
                    "SELECT tweet_id, array_agg(user_id) FROM likes WHERE tweet_id = ANY(%s) GROUP BY 1",
                    [ordinary[start : start + BATCH]],
                )
                for tweet_id, user_ids in cursor.fetchall():
                    pipe.sadd(_key(tweet_id), *user_ids)
                pipe.execute()

    def sets(self, page: Page) -> Marks:
        """A set of people for each post, one round trip."""
        user_id, tweet_ids = page
        pipe = timelines().pipeline(transaction=False)
        for tweet_id in tweet_ids:
            pipe.sismember(_key(tweet_id), str(user_id))
        return [bool(each) for each in pipe.execute()]

    def ladder(self, page: Page) -> Marks:
        """Sets, and for the viral post the filter; what may be is asked of PostgreSQL."""
        user_id, tweet_ids = page
        pipe = timelines().pipeline(transaction=False)
        self._filter.ask(pipe, user_id)
        for tweet_id in tweet_ids[1:]:
            pipe.sismember(_key(tweet_id), str(user_id))
        bits, *marks = pipe.execute()
        return [*(alone((user_id, tweet_ids[:1])) if all(bits) else [False]), *map(bool, marks)]

    def bytes(self, viral: int, ordinary: list[int]) -> dict[str, int]:
        """Of the viral post's set and filter, and of the mean ordinary post's set."""
        sets = [timelines().memory_usage(_key(tweet_id), samples=0) or 0 for tweet_id in [viral, *ordinary]]
        return {
            "set_of_the_viral": sets[0],
            "filter_of_the_viral": self._filter.bytes,
            "set_of_an_ordinary": round(sum(sets[1:]) / len(ordinary)),
        }


def _key(tweet_id: int) -> str:
    return f"bench:likes:{tweet_id}"


def alone(page: Page) -> Marks:
    """As a statement of its own: what a place without any other query would ask."""
    user_id, tweet_ids = page
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS(SELECT 1 FROM likes l WHERE l.user_id = %s AND l.tweet_id = t.id)"
            " FROM unnest(%s::bigint[]) WITH ORDINALITY t (id, place) ORDER BY place",
            [user_id, tweet_ids],
        )
        return [row[0] for row in cursor.fetchall()]


def statement(page: Page, liked: str = LIKED) -> list[tuple[Any, ...]]:
    """What `tweets.cards.cards_of` asks, rows as they come; `liked` may be another SQL than the check."""
    user_id, tweet_ids = page
    viewer = User(pk=user_id)
    shown, values = columns(viewer)
    mine = [user_id] * (3 if liked == LIKED else 2)
    is_seen, seen_values = is_seen_by(viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([*shown, liked, RETWEETED, BOOKMARKED])}"  # nosec B608 # made of constants
            " FROM tweets JOIN users ON users.id = tweets.author_id JOIN tweet_counts c ON c.tweet_id = tweets.id"
            f" WHERE tweets.id = ANY(%s::bigint[]) AND tweets.deleted_at IS NULL AND {is_seen}",
            [*values, *mine, tweet_ids, *seen_values],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
