"""The home timeline of a viewer: Redis above the floor, PostgreSQL at and below it, and nobody sees the seam."""

import logging

from accounts.models import User
from accounts.services import mark_active
from socialgraph.pagination import Page
from socialgraph.redis import RedisError
from timelines import rebuild, selectors, store
from timelines.store import MAX_ID, Kind
from tweets.models import Tweet

logger = logging.getLogger(__name__)

MAX_FLOOR = MAX_ID - 1


def home_page(viewer: User, *, before: int | None = None, limit: int) -> Page[Tweet]:
    """Up to `limit` cards with ids under `before`, newest first; fewer only when there are no more.

    When warm: one query for the viewer's graph, one for the cards, and one more when the page goes below the floor.
    Filtering refills the page with further rounds. The cursor is the id of the last card.
    """
    bound = MAX_ID if before is None else before
    stored, floor = _stored_ids(viewer.pk)
    waiting = [tweet_id for tweet_id in stored if tweet_id < bound]
    below = min(bound, floor + 1) if floor else 0
    shown: list[Tweet] = []
    while (missing := limit + 1 - len(shown)) > 0:
        ids, waiting = waiting[:missing], waiting[missing:]
        if len(ids) < missing and below > 0:
            older = selectors.followed_ids(viewer.pk, below, missing - len(ids))
            below = older[-1] if len(older) == missing - len(ids) else 0
            ids += older
        if not ids:
            break
        shown += selectors.home_cards(viewer, ids)
    return Page.of(shown, limit)


def visit(viewer: User) -> None:
    """The viewer is here: stays active, and so keeps a timeline. Once a day it costs a write."""
    if mark_active(user=viewer):
        try:
            store.keep(viewer.pk)
        except RedisError as error:
            logger.warning("The timeline server did not take a renewal: %s", error)


def _stored_ids(viewer_id: int) -> tuple[list[int], int]:
    """(ids above the floor, newest first, each once; the floor, 0 when nothing is below it).

    PostgreSQL owns everything when Redis cannot answer.
    """
    graph = selectors.graph_of(viewer_id)
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
