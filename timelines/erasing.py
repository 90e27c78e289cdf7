"""Deleting everything that belongs to a closed account, a batch at a time.

Triggers count what goes, rows are gone from every page at once because pages read them from PostgreSQL, and a step that
is repeated finds less to do. Answers of others to a deleted tweet stay, without what they answer.
"""

from django.db import transaction
from django.db.models import Model, QuerySet

from accounts.models import Follow, User
from socialgraph.events import Claim
from timelines import store
from timelines.store import Kind
from tweets.models import Bookmark, Like, PostKey, Tweet

BATCH = 500


def erase(claim: Claim) -> None:
    """`account_closed`: all rows of the user, then the user. An account that is active again is left alone."""
    user = User.objects.filter(pk=claim.payload["user_id"], is_active=False).first()
    if user is None:
        return
    for rows in (
        PostKey.objects.filter(author=user),
        Like.objects.filter(user=user),
        Bookmark.objects.filter(user=user),
        Tweet.objects.filter(author=user),
        Follow.objects.filter(followee=user),
        Follow.objects.filter(follower=user),
    ):
        while _delete_batch(rows):
            claim.advance(0, 0)
    for kind in Kind:
        store.drop(kind, [user.pk])
    user.delete()


@transaction.atomic
def _delete_batch(rows: "QuerySet[Model]") -> int:
    """How many were there. What others did to them goes along by the models' own rules."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)
