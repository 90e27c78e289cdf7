"""Likes and bookmarks. What one may not see one cannot mark; a mark that is there can always be taken back."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from socialgraph.rows import insert_if_absent
from tweets.models import Bookmark, Like, Mark, Tweet
from tweets.selectors import may_see


def like(*, user: User, tweet: Tweet) -> bool:
    """Whether it is new."""
    return _mark(Like, user, tweet)


def unlike(*, user: User, tweet: Tweet) -> bool:
    """Whether there was a like to take back."""
    return _unmark(Like, user, tweet)


def bookmark(*, user: User, tweet: Tweet) -> bool:
    """Whether it is new."""
    return _mark(Bookmark, user, tweet)


def unbookmark(*, user: User, tweet: Tweet) -> bool:
    """Whether there was a bookmark to remove."""
    return _unmark(Bookmark, user, tweet)


@transaction.atomic
def _mark(kind: type[Mark], user: User, tweet: Tweet) -> bool:
    if not may_see(user, tweet.pk):
        raise PermissionDenied("This tweet was deleted, or is not shown to you.")
    return insert_if_absent(kind, user_id=user.pk, tweet_id=tweet.pk)


@transaction.atomic
def _unmark(kind: type[Mark], user: User, tweet: Tweet) -> bool:
    deleted, _ = kind._default_manager.filter(user=user, tweet=tweet).delete()
    return bool(deleted)
