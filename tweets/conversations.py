"""Reads of whole conversations: the tree below a tweet and the chain above it, by `tweets.thread_path`.

They say which tweets stand where and what the viewer may know of each; the tweets themselves are `selectors.cards`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from django.db import connection

from accounts.models import User
from accounts.visibility import is_muted_by, is_seen_by
from socialgraph.pagination import InvalidCursor
from tweets.models import Tweet
from tweets.selectors import ancestors, is_author_seen_by
from tweets.threads import ID_BYTES, ids_of, is_flat, level_of, span_below


class State(Enum):
    SHOWN = "shown"
    DELETED = "deleted"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Node:
    """A place in the tree."""

    id: int
    parent_id: int
    """What it answers; where that has been erased, what stands above it in the tree."""
    path: bytes
    state: State = State.SHOWN

    @property
    def is_flat(self) -> bool:
        return is_flat(self.path)


_BELOW = """
SELECT t.id, t.thread_path, t.reply_to_id, t.deleted_at IS NOT NULL
FROM tweets t
WHERE t.conversation_id = %s AND t.thread_path > %s AND t.thread_path < %s
 AND (SELECT {is_seen} FROM users u WHERE u.id = t.author_id)
ORDER BY t.thread_path LIMIT %s
"""
"""A walk along the index `tweets_thread`: a subquery, unlike a join, leaves the planner no other order."""


def below(tweet: Tweet, viewer: User | None, *, after: bytes | None, limit: int) -> list[Node]:
    """Up to `limit` places below the tweet, behind the path `after`, in the order in which the tree is read; one query.

    Deleted tweets keep their places. Those of authors whom the viewer may not see are left out, deleted or not: see
    `with_gaps`. On the last level of the tree, what follows there.
    """
    first, last = span_below(tweet.thread_path)
    is_seen, seen_values = is_seen_by(viewer, "u")
    root_id = tweet.conversation_id or tweet.pk
    with connection.cursor() as cursor:
        cursor.execute(
            _BELOW.format(is_seen=is_seen),
            [root_id, first if after is None else after, last, *seen_values, limit],
        )
        return [_node(root_id, *row) for row in cursor.fetchall()]


def _node(root_id: int, tweet_id: int, path: bytes, reply_to_id: int | None, is_deleted: bool) -> Node:
    above = ids_of(path)[:-1]
    parent_id = reply_to_id if reply_to_id and is_flat(path) else (above or [root_id])[-1]
    return Node(tweet_id, parent_id, bytes(path), State.DELETED if is_deleted else State.SHOWN)


def with_gaps(tweet: Tweet, nodes: Sequence[Node], *, after: bytes | None) -> Iterator[Node]:
    """`nodes` of `below`, and before them the places above them that it left out.

    So what the viewer may not see leaves a gap where something hangs below it, and nothing where nothing does: a gap
    there would tell that somebody hidden had answered. Gaps are HIDDEN; `states` knows which have been erased.
    """
    level, root_id = level_of(tweet.thread_path), tweet.conversation_id or tweet.pk
    known = {root_id, tweet.pk, *ids_of(tweet.thread_path), *ids_of(after)}
    for node in nodes:
        ids = ids_of(node.path)
        for place in range(level, len(ids) - 1):
            if ids[place] not in known:
                parent_id = ids[place - 1] if place else root_id
                yield Node(ids[place], parent_id, node.path[: ID_BYTES * (place + 1)], State.HIDDEN)
        known |= set(ids)
        yield node


def states(viewer: User | None, tweet_ids: Collection[int]) -> dict[int, State]:
    """What may be said of tweets that have no card; one query, none for none. Erased ones count as deleted."""
    if not tweet_ids:
        return {}
    found = Tweet.objects.filter(pk__in=tweet_ids).annotate(is_seen=is_author_seen_by(viewer))
    is_seen = dict(found.values_list("pk", "is_seen"))
    return {tweet_id: State.DELETED if is_seen.get(tweet_id, True) else State.HIDDEN for tweet_id in tweet_ids}


@dataclass(frozen=True)
class Muting:
    """What the viewer does not want to read now."""

    author_ids: frozenset[int] = frozenset()
    words: tuple[str, ...] = ()


def muting(viewer: User | None, author_ids: Collection[int]) -> Muting:
    """As far as it concerns these authors; one query, none for visitors."""
    if viewer is None or not author_ids:
        return Muting()
    is_muted, values = is_muted_by(viewer, "u")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ARRAY(SELECT u.id FROM users u WHERE u.id = ANY(%s) AND {is_muted}),"  # nosec B608 # made of constants
            " ARRAY(SELECT w.word FROM muted_words w WHERE w.user_id = %s"
            " AND (w.expires_at IS NULL OR w.expires_at > clock_timestamp()) ORDER BY w.id)",
            [list(author_ids), *values, viewer.pk],
        )
        muted_ids, words = cursor.fetchone()
    return Muting(frozenset(muted_ids) - {viewer.pk}, tuple(words))


ERASED = 0
"""Stands in a chain for a tweet whose id is no longer known."""


@dataclass(frozen=True)
class Chain:
    """What a tweet answers, the root of the conversation first, of a long one the root and the nearest."""

    ids: list[int]
    skipped: int | None = 0
    """How many are left out behind the first; None when nobody knows how many."""


def above(tweet: Tweet, *, limit: int) -> Chain:
    """At most `limit` ids. Deleted and hidden ones too. No query; one on the last level of the tree."""
    if tweet.conversation_id is None:
        return Chain([])
    chain = [tweet.conversation_id, *ids_of(tweet.thread_path)[:-1]]
    if is_flat(tweet.thread_path):
        nearest = ancestors(tweet, limit=limit)
        flat = [tweet_id for tweet_id in nearest if tweet_id not in chain]
        if len(flat) == limit:
            return Chain([chain[0], *flat[1:]], None)
        chain += flat if len(flat) < len(nearest) else [ERASED, *flat]
    if len(chain) <= limit:
        return Chain(chain)
    return Chain([chain[0], *chain[1 - limit :]], len(chain) - limit)


def path_of_cursor(tweet: Tweet, cursor: int) -> bytes:
    """The path of the last place of a page below the tweet; one query. Raises InvalidCursor for what is not below."""
    below_it = Tweet.objects.filter(conversation_id=tweet.conversation_id or tweet.pk, pk=cursor)
    path = below_it.values_list("thread_path", flat=True).first()
    first, last = span_below(tweet.thread_path)
    if path is None or not first < bytes(path) < last:
        raise InvalidCursor(str(cursor))
    return bytes(path)


def gone(viewer: User | None, tweet_id: int) -> Tweet | None:
    """A deleted tweet whose author the viewer may see, or an erased root that has answers still; up to three queries.

    Of an erased one nothing is known but its id: whoever shows it must find an answer that the viewer may see.
    """
    deleted = Tweet.objects.filter(is_author_seen_by(viewer), deleted_at__isnull=False, retweet_of=None)
    if (tweet := deleted.filter(pk=tweet_id).first()) is not None:
        return tweet
    is_erased = Tweet.objects.filter(conversation_id=tweet_id).exists() and not _is_there(tweet_id)
    return Tweet(pk=tweet_id) if is_erased else None


def _is_there(tweet_id: int) -> bool:
    return Tweet.objects.filter(pk=tweet_id).exists()


def stands_within(reply: Tweet, tweet: Tweet, places: int) -> bool:
    """Whether the reply is among the first places below the tweet, whoever may see those; one query of so many rows."""
    first, _ = span_below(tweet.thread_path)
    before = Tweet.objects.filter(
        conversation_id=reply.conversation_id, thread_path__gt=first, thread_path__lt=reply.thread_path
    )
    return before.order_by("thread_path")[:places].count() < places
