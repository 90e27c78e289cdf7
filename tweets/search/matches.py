"""The ids of what a plan asks for, newest first, in bounded steps.

An index gives all matches of a word and no order; the primary key gives the order and has to look at each tweet. Which
is quicker depends on how often the words meet, which nobody knows beforehand. So a search first walks the newest
tweets, and on while each walk brings a good part of the page: that ends it for frequent words. Of rarer ones it takes
all matches from the index, in a window of ids made as wide as what was found lets expect few of them; a window with too
many is made smaller.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from tweets.search.plan import Plan

_WALK = """
WITH walked AS MATERIALIZED (
    SELECT id, author_id, search FROM tweets WHERE id > %s AND id < %s ORDER BY id DESC LIMIT %s
)
SELECT ARRAY(
    SELECT w.id FROM (SELECT id, author_id FROM walked WHERE {matches} ORDER BY id DESC OFFSET 0) w
    JOIN users u ON u.id = w.author_id WHERE {is_seen} ORDER BY w.id DESC LIMIT %s
), (SELECT count(*) FROM walked), (SELECT max(id) FROM walked), (SELECT min(id) FROM walked),
(SELECT min(id) FROM tweets)
"""
_TAKEN = """
WITH taken AS MATERIALIZED (SELECT id, author_id FROM {source})
SELECT ARRAY(
    SELECT w.id FROM (SELECT id, author_id FROM taken ORDER BY id DESC OFFSET 0) w
    JOIN users u ON u.id = w.author_id WHERE {is_seen} ORDER BY w.id DESC LIMIT %s
), (SELECT count(*) FROM taken), (SELECT min(id) FROM taken)
"""
_WINDOW = "search_matches(%s::tsquery, %s, %s, %s)"
_REPLIES = "search_replies(%s::tsquery, %s, %s, %s, %s, %s)"
HOPED = 200
"""At least so many matches are expected of a window, since a second one costs more than they do."""
WALKS = 4
"""It walks on while a walk brings at least this part (1 / WALKS) of what is needed."""
WIDER = 8
"""How many times a window changes its width at once."""


def newest(plan: Plan, below: int, need: int) -> Iterator[list[int]]:
    """Ids under `below` that the viewer may and wants to see, in batches of at most `need`; a query or more each."""
    below = min(below, plan.below)
    if plan.answered is not None:
        yield from _replies(plan, below, need)
    elif plan.words is None:
        yield from _walks(plan, below, need)
    else:
        walk = _walk(plan, below, need)
        yield walk.ids
        while len(walk.ids) == need or (len(walk.ids) * WALKS >= need and not walk.is_last):
            walk = _walk(plan, walk.low, need)
            yield walk.ids
        if not walk.is_last:
            yield from _windows(plan, walk, need)


@dataclass(frozen=True)
class _Walk:
    ids: list[int]
    low: int
    """Above it, all has been looked at."""
    span: int
    """Between the first and the last that was looked at."""
    oldest: int
    """Of all tweets."""
    is_last: bool


def _walk(plan: Plan, below: int, need: int) -> _Walk:
    is_seen, values = plan.is_seen
    matches = "search IS NOT NULL" if plan.words is None else "search @@ %s::tsquery"
    asked = [] if plan.words is None else [plan.words]
    with connection.cursor() as cursor:
        cursor.execute(
            _WALK.format(matches=matches, is_seen=is_seen),
            [plan.above, below, settings.SEARCH_WALK, *asked, *values, need],
        )
        ids, count, high, low, oldest = cursor.fetchone()
    if len(ids) == need:
        return _Walk(ids, ids[-1], high - ids[-1], oldest, is_last=False)
    return _Walk(ids, low or 0, (high or 0) - (low or 0), oldest or 0, is_last=count < settings.SEARCH_WALK)


def _walks(plan: Plan, below: int, need: int) -> Iterator[list[int]]:
    """Where next to everything is a match."""
    while True:
        walk = _walk(plan, below, need)
        yield walk.ids
        if walk.is_last:
            return
        below = walk.low


def _windows(plan: Plan, walk: _Walk, need: int) -> Iterator[list[int]]:
    below, above = walk.low, max(plan.above, walk.oldest - 1)
    hoped = min(max(2 * need, HOPED), settings.SEARCH_MATCHES // 2)
    narrowest = max(walk.span, 2)  # both ends are outside, so less would hold nothing
    width = narrowest * hoped // len(walk.ids) if walk.ids else below - above
    while below > above + 1:
        width = max(min(width, below - above), narrowest)
        low = max(above, below - width)
        ids, count, _ = _taken(plan, _WINDOW, [plan.words, low, below, settings.SEARCH_MATCHES], need)
        if count == settings.SEARCH_MATCHES and width > narrowest:
            width //= WIDER
            continue
        if count == settings.SEARCH_MATCHES:  # they stand so close that walking is quick
            step = _walk(plan, below, need)
            ids, low = step.ids, above if step.is_last else step.low - 1
        elif len(ids) == need:
            low = ids[-1] - 1
        elif count < hoped:
            width *= WIDER
        yield ids
        below = low + 1


def _replies(plan: Plan, below: int, need: int) -> Iterator[list[int]]:
    most = settings.SEARCH_MATCHES
    while True:
        asked = [plan.words, list(plan.answered or ()), plan.above, below, settings.SEARCH_ANSWERED, most]
        ids, count, low = _taken(plan, _REPLIES, asked, need)
        yield ids
        if len(ids) < need and count < most:
            return
        below = ids[-1] if len(ids) == need else low


def _taken(plan: Plan, source: str, asked: list[Any], need: int) -> tuple[list[int], int, int]:
    is_seen, values = plan.is_seen
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN.format(source=source, is_seen=is_seen), [*asked, *values, need])
        ids, count, low = cursor.fetchone()
    return ids, count, low or 0
