"""Whether home timelines tell the truth: each is walked to its end and compared with the plain query."""

import datetime as dt
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from django.db import connection

from accounts.models import User
from accounts.services import active_since
from socialgraph.pagination import decode_cursor
from socialgraph.rows import next_snowflake
from timelines import store
from timelines.entries import entries_of
from timelines.home import home_page
from timelines.pull import pull
from timelines.store import Kind

BATCH = 100
THREADS = 3  # Python and PostgreSQL take about half of the time each: together they keep two cores busy
LOOKS = 10
LOOK_PAUSE_SECONDS = 0.2
STALL_SECONDS = 10
"""How long the outbox may stand still before the check starts without waiting for it."""


@dataclass(frozen=True)
class Difference:
    username: str
    missing: list[int]
    """In the plain query and on no page."""
    extra: list[int]
    """On a page and not in the plain query, or a second time."""
    trouble: str
    """Of the pages themselves: out of order, short before the end, a cursor that does not go on."""
    is_pending: bool
    """All of it is explained by deliveries that the outbox still holds: late, and not wrong."""


def viewer_ids(sample: int | None = None, seed: int = 0) -> list[int]:
    """Everybody, or `sample` people drawn with `seed`; ascending."""
    ids = list(User.objects.order_by("id").values_list("id", flat=True))
    return sorted(random.Random(seed).sample(ids, sample)) if sample is not None and sample < len(ids) else ids


def wait_for_deliveries() -> int:
    """Let the workers finish what was posted before this call; returns how many events they left when they stalled."""
    left, since = -1, time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM outbox")
        [last] = cursor.fetchone()
        while True:
            cursor.execute("SELECT count(*), sum(progress) FROM outbox WHERE done_at IS NULL AND id <= %s", [last])
            state = cursor.fetchone()
            if state[0] == 0 or (state == left and time.monotonic() - since > STALL_SECONDS):
                return int(state[0])
            if state != left:
                left, since = state, time.monotonic()
            time.sleep(0.05)


def differences(ids: Sequence[int], page_size: int, looks: int = LOOKS) -> Iterator[Difference | None]:
    """For each viewer what is wrong, or None. Only tweets that existed at the start count, so people may go on posting.

    `looks` is how often to look before what is still being delivered is reported as pending. Reading builds the
    timelines that are not there; those of inactive people are dropped again.
    """
    check = partial(_check, page_size=page_size, end=next_snowflake(), began=_clock(), looks=looks)
    pool = ThreadPoolExecutor(THREADS)
    try:
        for found in pool.map(check, [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]):
            yield from found
    finally:
        pool.shutdown(cancel_futures=True)


def _check(ids: Sequence[int], *, page_size: int, end: int, began: dt.datetime, looks: int) -> list[Difference | None]:
    """In a thread of the pool, with a database connection of its own."""
    try:
        viewers = list(User.objects.filter(id__in=ids).order_by("id"))
        found = [_difference(viewer, page_size, end, began, looks) for viewer in viewers]
        since = active_since()
        store.drop(Kind.HOME, [v.pk for v in viewers if v.last_active_on is None or v.last_active_on < since])
        return found
    finally:
        connection.close()


def _difference(viewer: User, page_size: int, end: int, began: dt.datetime, looks: int) -> Difference | None:
    """Looks again only while something that happened since `began` explains all that differs."""
    while found := _compare(viewer, page_size, end):
        differing = {*found.missing, *found.extra}
        if not _graph_changed(viewer) and (found.trouble or not differing <= _moving(differing, began)):
            return found
        looks -= 1
        if not looks:
            return replace(found, is_pending=not found.trouble)
        time.sleep(LOOK_PAUSE_SECONDS)
        began = _clock()
    return None


def _compare(viewer: User, page_size: int, end: int) -> Difference | None:
    shown, trouble = walk(viewer, page_size, end)
    due = pull(viewer.pk, before=end)
    if shown == due and not trouble:
        return None
    doubled = [tweet_id for i, tweet_id in enumerate(sorted(shown)[1:]) if tweet_id == sorted(shown)[i]]
    extra = sorted({*doubled, *set(shown).difference(due)}, reverse=True)
    if shown != sorted(shown, reverse=True):
        trouble = trouble or "not in descending order"
    return Difference(viewer.username, sorted(set(due).difference(shown), reverse=True), extra, trouble, False)


def walk(viewer: User, page_size: int, end: int) -> tuple[list[int], str]:
    """(ids of the entries of all pages under `end`, what is wrong with the pages themselves)."""
    shown: list[int] = []
    before: int | None = end
    while before is not None:
        page = home_page(viewer, before=before, limit=page_size)
        taken = sorted((entry for card in page.results for entry in entries_of(card)), reverse=True)
        if len({card.pk for card in page.results}) != len(page.results):
            return shown, "a post twice on one page"
        shown += taken
        following = decode_cursor(page.next)
        if following is not None and len(page.results) != page_size:
            return shown, f"a page of {len(page.results)} before the end"
        if following is not None and following >= before:
            return shown, "a cursor that does not go on"
        before = following
    return shown, ""


def _graph_changed(viewer: User) -> bool:
    """Whether the viewer followed or unfollowed since this object was read; renews it."""
    before = viewer.graph_version
    viewer.refresh_from_db(fields=["graph_version"])
    return viewer.graph_version != before


def _moving(tweet_ids: set[int], since: dt.datetime) -> set[int]:
    """Those that are being delivered, or were delivered or deleted since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (payload->>'tweet_id')::bigint FROM outbox WHERE event IN ('tweet_posted', 'tweet_range')"
            " AND (done_at IS NULL OR done_at >= %(since)s) AND (payload->>'tweet_id')::bigint = ANY(%(ids)s)"
            " UNION SELECT id FROM tweets WHERE id = ANY(%(ids)s) AND deleted_at >= %(since)s",
            {"since": since, "ids": list(tweet_ids)},
        )
        return {tweet_id for (tweet_id,) in cursor.fetchall()}


def _clock() -> dt.datetime:
    """The database's, which also stamps what is delivered and deleted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
        return moment
