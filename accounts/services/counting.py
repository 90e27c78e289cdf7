"""Folding counts, and what follows from them: who is a celebrity."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Celebrity, User
from socialgraph import counts, events


@transaction.atomic
def flush_counts() -> int:
    """Fold one batch of the count ledger, and let authors cross the celebrity threshold; returns the counts touched."""
    touched = counts.flush()
    if followees := touched.get("follower_count"):
        flag_celebrities(user_ids=followees)
    return sum(map(len, touched.values()))


@transaction.atomic
def flag_celebrities(*, user_ids: Iterable[int] | None = None) -> tuple[list[int], list[int]]:
    """(authors who became celebrities, authors who are leaving), among `user_ids` or everybody.

    Up at CELEBRITY_FOLLOWER_COUNT, down below CELEBRITY_LEAVE_RATIO of it. Going up takes effect at once: readers merge
    the author's own list. Going down, readers go on merging until the timelines that lack the author's tweets are
    gone; the event `celebrity_left` sees to that.
    """
    threshold = settings.CELEBRITY_FOLLOWER_COUNT
    scope = "true" if user_ids is None else "id = ANY(%s)"
    scope_values = [] if user_ids is None else [list(user_ids)]
    change = (
        "UPDATE users SET celebrity = %s, crossings = crossings + 1 WHERE id = ANY(ARRAY"  # nosec B608 # made of constants
        f"(SELECT id FROM users WHERE {scope} AND {{}} ORDER BY id FOR NO KEY UPDATE)) RETURNING id, crossings"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            change.format("celebrity <> %s AND follower_count >= %s"),
            [Celebrity.YES, *scope_values, Celebrity.YES, threshold],
        )
        risen = [user_id for user_id, _ in cursor.fetchall()]
        cursor.execute(
            change.format("celebrity = %s AND follower_count < %s"),
            [Celebrity.LEAVING, *scope_values, Celebrity.YES, threshold * settings.CELEBRITY_LEAVE_RATIO],
        )
        fallen = cursor.fetchall()
    for user_id, crossing in fallen:
        events.record("celebrity_left", user_id=user_id, crossing=crossing)
    return risen, [user_id for user_id, _ in fallen]


def finish_leaving(*, user_id: int, crossing: int) -> bool:
    """Readers may stop merging the author, unless a newer crossing has overtaken this one."""
    return bool(
        User.objects.filter(pk=user_id, celebrity=Celebrity.LEAVING, crossings=crossing).update(celebrity=Celebrity.NO)
    )
