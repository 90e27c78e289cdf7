"""The home timeline of a viewer: Redis above the floor, PostgreSQL at and below it, and nobody sees the seam."""

import logging

from accounts.models import User
from accounts.services import mark_active
from socialgraph.pagination import Page
from socialgraph.redis import RedisError
from timelines import rebuild, selectors, store
from timelines.entries import Entry, fill, hydrate
from timelines.selectors import Graph
from timelines.store import MAX_ID, Kind
from tweets.cards import Card

logger = logging.getLogger(__name__)

MAX_FLOOR = MAX_ID - 1


def home_page(viewer: User, *, before: int | None = None, limit: int, shown_to: User | None = None) -> Page[Card]:
    """Up to `limit` cards from entries with ids under `before`, newest first; fewer only when there are no more.

    When warm: one query for the viewer's graph, one for what may be seen of the entries, one for the cards, and one
    more when the page goes below the floor. Filtering refills the page with further rounds. `shown_to` is whose likes
    and bookmarks the cards carry, where staff look at somebody else's timeline.
    """
    graph = selectors.graph_of(viewer.pk)
    return hydrate(shown_to or viewer, *fill(_Entries(viewer, graph, MAX_ID if before is None else before), limit))


class _Entries:
    """A source for `fill`: first what Redis holds, then what PostgreSQL owns."""

    def __init__(self, viewer: User, graph: Graph, bound: int) -> None:
        stored, floor = _stored_ids(viewer.pk, graph)
        self._viewer, self._graph = viewer, graph
        self._waiting = [entry_id for entry_id in stored if entry_id < bound]
        self._below = min(bound, floor + 1) if floor else 0

    def __call__(self, count: int) -> list[Entry] | None:
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
    floor = max(part.floor for part in lists)
    return sorted({i for part in lists for i in part.ids if i > floor}, reverse=True), floor
