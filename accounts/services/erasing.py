"""Erasing a closed account: what it is to others, and in the end itself.

Each step is one transaction of up to `limit` rows, says how many went, and finds the next ones by itself: repeated, it
finds less to do. Rows go by plain SQL, since Django's delete would read them all first; triggers count what goes.
"""

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from accounts.selectors import is_closed
from socialgraph import events
from socialgraph.rows import delete_some, take_lock

Step = Callable[..., int]
"""Called with `user_id` and `limit`."""

RELATIONS = (
    *(("follows", column) for column in ("followee_id", "follower_id")),
    *(("follow_requests", column) for column in ("followee_id", "follower_id")),
    *(("blocks", column) for column in ("blocker_id", "blocked_id")),
    *(("mutes", column) for column in ("muter_id", "muted_id")),
    ("muted_words", "user_id"),
)


@transaction.atomic
def erase_relations(*, user_id: int, limit: int) -> int:
    """Of others' timelines nothing is outdated by it: the reader drops what is no longer followed."""
    take_lock("erasing", user_id)
    for table, column in RELATIONS:
        if gone := delete_some(table, column, [user_id], limit):
            return gone
    return 0


@transaction.atomic
def erase_account(*, user_id: int) -> bool:
    """The last step, when nothing of the account is left but a few rows: whether it was there and closed.

    From here on its name and its address are free.
    """
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None or not is_closed(user_id):
        return False
    if user.avatar:
        events.record("files_released", names=[user.avatar.name])
    user.delete()
    return True
