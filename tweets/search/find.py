"""What is found, as cards."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import User
from accounts.muting import hides
from socialgraph.pagination import Page, encode_cursor
from tweets.models import Tweet
from tweets.search.matches import newest
from tweets.search.plan import MAX_ID, Plan, plan_of
from tweets.search.query import Query
from tweets.selectors import by_id, cards

_RANKED = """
SELECT tweet_id FROM tweet_counts WHERE tweet_id = ANY(%s)
ORDER BY like_count + 2 * (retweet_count + quote_count) + reply_count DESC, tweet_id DESC
"""


class Order(StrEnum):
    RECENT = "recent"
    TOP = "top"
    """The most liked, answered and passed on of the newest SEARCH_RANKED matches."""


def found(query: Query, viewer: User | None, *, order: Order, cursor: int | None, limit: int) -> Page[Tweet]:
    """Up to `limit` cards, fewer only when there are no more; the cursor is the id of the last card.

    Of `recent` the queries are: the question, a walk or more, windows while the page is not full, the cards; again for
    what muted words have left out. Raises QueryError.
    """
    plan = plan_of(query, viewer)
    if order is Order.TOP:
        return _top(plan, cursor, limit)
    return _page(plan, chain.from_iterable(newest(plan, MAX_ID if cursor is None else cursor, limit + 1)), limit)


def _top(plan: Plan, cursor: int | None, limit: int) -> Page[Tweet]:
    """The cursor's place is looked up in the ranks as they are now; what has left them meanwhile ends the list."""
    ids: list[int] = []
    for batch in newest(plan, MAX_ID, settings.SEARCH_RANKED):
        ids += batch
        if len(ids) >= settings.SEARCH_RANKED:
            break
    with connection.cursor() as query:
        query.execute(_RANKED, [ids[: settings.SEARCH_RANKED]])
        ranked = [row[0] for row in query.fetchall()]
    if cursor is not None:
        ranked = ranked[ranked.index(cursor) + 1 :] if cursor in ranked else []
    return _page(plan, iter(ranked), limit)


def _page(plan: Plan, ids: Iterator[int], limit: int) -> Page[Tweet]:
    """The first cards of these ids, in their order, without those that hold a word which the viewer has muted."""
    shown: list[Tweet] = []
    while len(shown) <= limit and (some := list(islice(ids, limit + 1 - len(shown)))):
        found = by_id(cards(plan.viewer), some)
        shown += [found[tweet_id] for tweet_id in some if tweet_id in found and _is_wanted(plan, found[tweet_id])]
    return Page(shown[:limit], encode_cursor(shown[limit - 1].pk) if len(shown) > limit else None)


def _is_wanted(plan: Plan, card: Tweet) -> bool:
    if plan.viewer is not None and card.author_id == plan.viewer.pk:
        return True
    dressed: Any = card  # `cards` adds what it quotes, which the model does not know
    return not hides(plan.muted_words, card.text, (dressed.quote or {}).get("text"))
