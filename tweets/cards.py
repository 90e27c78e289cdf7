"""Cards for lists: of each tweet what changes all the time, and one number that changes with everything else.

What a card looks like is made once and kept under that number (`tweets.bodies`), so a list renders nothing anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import connection
from django.urls import reverse

from accounts.models import User
from accounts.visibility import is_seen_by
from tweets.selectors import BOOKMARKED, LIKED, RETWEETED, looks


@dataclass(slots=True)
class Counts:
    like_count: int
    retweet_count: int
    quote_count: int
    reply_count: int


@dataclass(slots=True)
class Group:
    """The cards that were read together, for one viewer; `bodies` is what `tweets.bodies` has found for them."""

    viewer: User | None
    cards: "dict[int, Card]" = field(default_factory=dict)
    bodies: dict[str, dict[int, Any]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Card:
    """A post on a list."""

    pk: int
    author_id: int
    looks: int
    """Another one as soon as anything of the card changes that is not below; the same for all who see the same."""
    created: int
    """Seconds since 1970."""
    counts: Counts
    author_counts: tuple[int, int, int]
    """Followers, followees, tweets."""
    liked: bool
    retweeted: bool
    bookmarked: bool
    group: Group
    entries: list[Any] = field(default_factory=list)
    """On a timeline: why it is there, the newest `timelines.entries.Entry` first."""
    folder_id: int | None = None
    """On a list of bookmarks."""
    folder: Any = None

    @property
    def retweets(self) -> list[Any]:
        return [entry for entry in self.entries if entry.id != self.pk]

    def get_absolute_url(self) -> str:
        before, after = _address()
        return f"{before}{self.pk}{after}"


@cache
def _address() -> tuple[str, str]:
    """What stands before and after the id; `reverse` takes longer than all else that a button needs."""
    number = 10**18  # in no other part of the address
    before, _, after = reverse("tweet", args=[number]).partition(str(number))
    return before, after


def cards_of(viewer: User | None, ids: Iterable[int], *, are_judged: bool = False) -> dict[int, Card]:
    """Cards by id of those tweets that the viewer may see; no deleted ones and no retweets. One query, or none.

    `are_judged`: something else has decided that their authors may be read.
    """
    asked = list(ids)
    if not asked:
        return {}
    shown, values = columns(viewer)
    me = 0 if viewer is None else viewer.pk  # nobody's
    is_seen, seen_values = ("true", []) if are_judged else is_seen_by(viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([*shown, LIKED, RETWEETED, BOOKMARKED])}"  # nosec B608 # made of constants
            " FROM tweets JOIN users ON users.id = tweets.author_id JOIN tweet_counts c ON c.tweet_id = tweets.id"
            " WHERE tweets.id = ANY(%s::bigint[]) AND tweets.deleted_at IS NULL AND tweets.retweet_of_id IS NULL"
            f" AND {is_seen}",
            [*values, me, me, me, asked, *seen_values],
        )
        return grouped(viewer, cursor.fetchall())


def columns(viewer: User | None) -> tuple[list[str], list[int]]:
    """(SQL of each, values) over `tweets`, its author `users` and its `tweet_counts` c.

    They and three marks, whether the viewer liked, retweeted and bookmarked it, are a row for `grouped`.
    """
    look, values = looks(viewer)
    return [
        *("tweets.id", "tweets.author_id", look, "floor(date_part('epoch', tweets.created_at))::bigint"),
        *("c.like_count", "c.retweet_count", "c.quote_count", "c.reply_count"),
        *("users.follower_count", "users.following_count", "users.tweet_count"),
    ], values


def grouped(viewer: User | None, rows: Iterable[Sequence[Any]]) -> dict[int, Card]:
    """Cards by id; what two rows show is one card."""
    group = Group(viewer)
    cards = group.cards
    for pk, author_id, look, created, *rest in rows:
        if pk not in cards:
            likes, retweets, quotes, replies, followers, followees, tweets, liked, retweeted, bookmarked = rest
            own, author_counts = Counts(likes, retweets, quotes, replies), (followers, followees, tweets)
            cards[pk] = Card(pk, author_id, look, created, own, author_counts, liked, retweeted, bookmarked, group)
    return group.cards
