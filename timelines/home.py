"""The home timeline of a viewer: Redis above the floor, PostgreSQL at and below it, and nobody sees the seam."""

import logging
from bisect import bisect_left
from collections.abc import Callable
from operator import neg

from accounts.models import User
from accounts.services import mark_active
from socialgraph.nearest import Nearest
from socialgraph.pagination import Page
from socialgraph.redis import RedisError
from timelines import rebuild, selectors, store
from timelines.entries import Entry, fill, hydrate
from timelines.selectors import Graph, Look
from timelines.store import MAX_ID, Kind, Stored
from tweets.cards import Card

logger = logging.getLogger(__name__)

MAX_FLOOR = MAX_ID - 1


def home_page(viewer: User, *, before: int | None = None, limit: int, shown_to: User | None = None) -> Page[Card]:
    """Up to `limit` cards from entries with ids under `before`, newest first; fewer only when there are no more.

    When warm: one round trip to the timeline server and one query, and further ones when the page goes below the floor,
    when filtering leaves it short, or when the viewer's celebrities are others than this process knew. `shown_to` is
    whose likes and bookmarks the cards carry, where staff look at somebody else's timeline.
    """
    bound = MAX_ID if before is None else before
    found = _at_once(viewer.pk, bound, limit, shown_to)
    if found is None:
        graph = selectors.graph_of(viewer.pk)
        entries = _Entries(viewer, graph, _stored_ids(viewer.pk, graph), bound)
    else:
        entries = found[1]
    return _filled(entries, shown_to or viewer, limit)


def own_home_page(
    viewer_id: int, confirm: Callable[[User], bool], *, token: str | None = None, before: int | None, limit: int
) -> tuple[User, Page[Card]] | None:
    """(who is asking, `home_page` of theirs) without a query for the former: the one of the page brings it along.

    `token`: the digest that must be a token of theirs. `confirm` says whether it is them, once they are read. None when
    it is not, or when one query is not enough: then ask in the ordinary way.
    """
    found = _at_once(viewer_id, MAX_ID if before is None else before, limit, None, token)
    if found is None or not confirm(found[0]):
        return None
    viewer, entries = found
    return viewer, _filled(entries, viewer, limit)


def _filled(entries: "_Entries", reader: User, limit: int) -> Page[Card]:
    shown, next_id = fill(entries, limit)
    return hydrate(reader, shown, next_id, entries.cards)


SPARE = 5
"""Entries more than a page needs that are asked for with it, since some may show the same post or be muted."""
_celebrities: Nearest[int, tuple[int, ...]] = Nearest(10_000)
"""Whom each viewer's last page was merged from: a guess, which the query of the next page confirms or not."""


def _at_once(
    viewer_id: int, bound: int, limit: int, shown_to: User | None, token: str | None = None
) -> "tuple[User, _Entries] | None":
    """The viewer, and the entries with what one query says of the first ones; None where that is not enough."""
    guess = _celebrities.get(viewer_id) or ()
    try:
        lists = store.read_all([(Kind.HOME, viewer_id), *((Kind.AUTHOR, author_id) for author_id in guess)])
    except RedisError:
        return None  # the other way says so in the log
    complete = [each for each in lists if each is not None]
    if len(complete) < len(lists):
        return None
    ids, floor = _merged(complete)
    start = bisect_left(ids, 1 - bound, key=neg) if bound < MAX_ID else 0  # of those under `bound`
    first = ids[start : start + limit + 1 + SPARE]
    look = selectors.home_look(viewer_id, first, shown_to, token)
    if look is None:
        return None
    celebrity_ids = look.graph.celebrity_ids
    if {*celebrity_ids} != {*guess}:
        _celebrities.put(viewer_id, tuple(celebrity_ids))
        return None
    if complete[0].version < look.graph.version:
        return None
    return look.viewer, _Entries(look.viewer, look.graph, (ids, floor), bound, look, looked_at=start + len(first))


class _Entries:
    """A source for `fill`: first what Redis holds, then what PostgreSQL owns.

    `look` is of the ids before `looked_at`, those at and over `bound` apart.
    """

    def __init__(
        self,
        viewer: User,
        graph: Graph,
        stored: tuple[list[int], int],
        bound: int,
        look: Look | None = None,
        looked_at: int = 0,
    ) -> None:
        ids, floor = stored
        self._viewer, self._graph = viewer, graph
        self._known = look.entries if look and looked_at else None
        self._waiting = ids[looked_at:] if look else [entry_id for entry_id in ids if entry_id < bound]
        self._below = min(bound, floor + 1) if floor else 0
        self.cards = look.cards if look else {}

    def __call__(self, count: int) -> list[Entry] | None:
        if self._known is not None:
            known, self._known = self._known, None
            return known
        ids, self._waiting = self._waiting[:count], self._waiting[count:]
        if (missing := count - len(ids)) and self._below > 0:
            older = selectors.followed_ids(self._viewer.pk, self._below, missing)
            self._below = older[-1] if len(older) == missing else 0
            ids += older
        return selectors.visible_entries(self._viewer, ids, self._graph.muted_words) if ids else None


def visit(viewer: User) -> None:
    """The viewer is here: stays active, and so keeps a timeline. Once a day it costs a write."""
    if mark_active(user=viewer):
        try:
            store.keep(viewer.pk)
        except RedisError as error:
            logger.warning("The timeline server did not take a renewal: %s", error)


def _stored_ids(viewer_id: int, graph: Graph) -> tuple[list[int], int]:
    """(ids above the floor, newest first, each once; the floor, 0 when nothing is below it).

    PostgreSQL owns everything when Redis cannot answer.
    """
    try:
        [home] = store.read(Kind.HOME, [viewer_id])
        home = rebuild.current(Kind.HOME, viewer_id, home, graph.version)
        if home is None:
            return [], MAX_FLOOR
        lists = [home]
        stored = store.read(Kind.AUTHOR, graph.celebrity_ids)
        for author_id, author_list in zip(graph.celebrity_ids, stored, strict=True):
            own = rebuild.current(Kind.AUTHOR, author_id, author_list)
            if own is None:
                return [], MAX_FLOOR
            lists.append(own)
    except RedisError as error:
        logger.warning("Reading home from PostgreSQL, the timeline server did not answer: %s", error)
        return [], MAX_FLOOR
    return _merged(lists)


def _merged(lists: list[Stored]) -> tuple[list[int], int]:
    floor = max(part.floor for part in lists)
    ids = sorted((i for part in lists for i in part.ids) if len(lists) > 1 else lists[0].ids, reverse=True)
    above = ids[: bisect_left(ids, -floor, key=neg)]
    return list(dict.fromkeys(above)), floor
