"""Building timelines from PostgreSQL, by one builder at a time, without losing what is pushed meanwhile.

The list is put in place first (a building mark), the snapshot is taken second, both are merged third. A tweet that is
committed before the snapshot is in it; one committed later is fanned out later, onto the list that stands already. If
the list was dropped or claimed anew in between, the result is discarded.
"""

import time

from accounts.models import User
from accounts.services import active_since
from socialgraph import metrics
from socialgraph.progress import Meter, silent
from timelines import selectors, store
from timelines.store import MAX_ID, Kind, Stored

WAIT_SECONDS = 0.3
"""How long a reader waits for another one's build before it asks PostgreSQL itself."""
_POLL_SECONDS = 0.02


def build(kind: Kind, owner_id: int, version: int = MAX_ID) -> Stored | None:
    """Build the list and return it; one of this version or newer stays as it is.

    None when it does, when another builder is at work, and when the result was discarded.
    """
    token = store.begin(kind, owner_id, version)
    if token is None:
        return None
    began = time.perf_counter()
    snapshot = _home(owner_id) if kind is Kind.HOME else _author(owner_id)
    is_kept = store.finish(kind, owner_id, token, snapshot)
    metrics.observe(("built", kind.value), 1000 * (time.perf_counter() - began))
    return snapshot if is_kept else None


def _home(user_id: int) -> Stored:
    snapshot = selectors.home_snapshot(user_id, Kind.HOME.length)
    return stored_from(Kind.HOME, snapshot.version, snapshot.ids)


def _author(user_id: int) -> Stored:
    return stored_from(Kind.AUTHOR, 0, selectors.author_ids(user_id, Kind.AUTHOR.length))


def stored_from(kind: Kind, version: int, newest_first: list[int]) -> Stored:
    """A full list is complete above the id before its oldest, a shorter one to the beginning."""
    full = len(newest_first) >= kind.length
    return Stored(newest_first[-1] - 1 if full else 0, version, newest_first[::-1])


def current(kind: Kind, owner_id: int, stored: Stored | None, version: int = 0) -> Stored | None:
    """`stored` if it is of this graph version or newer, else a fresh build; None if PostgreSQL must answer now."""
    deadline = time.monotonic() + WAIT_SECONDS
    while stored is None or stored.version < version:
        if built := build(kind, owner_id, version):
            return built
        [stored] = store.read(kind, [owner_id])
        if stored is None or stored.version < version:
            if time.monotonic() > deadline:
                return None
            time.sleep(_POLL_SECONDS)
    return stored


def build_active(*, meter: Meter = silent) -> tuple[int, int]:
    """Build the home timeline of every active user anew: (how many were put in place, active users).

    One that a reader claims meanwhile is built by that reader.
    """
    active = User.objects.filter(last_active_on__gte=active_since()).order_by("id").values_list("id", flat=True)
    user_ids = list(active)
    built = 0
    with meter("building", len(user_ids), "timelines") as progress:
        for user_id in user_ids:
            store.drop(Kind.HOME, [user_id])
            built += build(Kind.HOME, user_id) is not None
            progress.advance()
    return built, len(user_ids)
