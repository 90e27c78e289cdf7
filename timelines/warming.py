"""Every list in Redis at once: for operators, and after data came in without events."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q

from accounts.models import User
from accounts.services import active_since
from socialgraph.progress import Meter, silent
from timelines import store
from timelines.rebuild import build_active
from timelines.store import Kind

BATCH = 5_000


@dataclass(frozen=True)
class Warmed:
    built: int
    dropped: int
    """Home timelines of users who are not active, and so have none."""
    author_lists: int
    """Authors' own lists that were dropped; the next reader who needs one builds it."""


def rebuild_all(*, meter: Meter = silent) -> Warmed:
    """Build the home timeline of every active user anew and drop all other lists. Raises RedisError."""
    everybody = User.objects.order_by("id").values_list("id", flat=True)
    author_lists = drop_lists(Kind.AUTHOR, list(everybody))
    dropped = drop_lists(Kind.HOME, inactive_user_ids())
    built, _ = build_active(meter=meter)
    return Warmed(built, dropped, author_lists)


def inactive_user_ids() -> list[int]:
    inactive = User.objects.filter(Q(last_active_on=None) | Q(last_active_on__lt=active_since()))
    return list(inactive.order_by("id").values_list("id", flat=True))


def drop_lists(kind: Kind, owner_ids: Sequence[int]) -> int:
    """Returns how many there were. Raises RedisError."""
    ids = iter(owner_ids)
    dropped = 0
    while batch := list(islice(ids, BATCH)):
        dropped += store.drop(kind, batch)
    return dropped
