"""Leaving the site, for a while or for good. Each is one transaction and says whether it changed anything.

A person who has left is `is_active=False` with a `deactivated_at`: nobody finds them, and logging in brings them back.
Who left for good has also the moment from which a worker may erase the account. What is closed has neither, and nobody
can enter it.
"""

import datetime as dt

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from knox.models import get_token_model

from accounts.models import User
from accounts.selectors import CLOSED, ERASE_AFTER
from socialgraph import events
from socialgraph.rows import take_lock


@transaction.atomic
def leave(*, user: User, password: str) -> bool:
    """Hide the account and all of it until its owner logs in again. Rows stay, and so do the counts on others.

    `password` is the user's own, as the caller has checked; it is hashed anew, which ends every session.
    """
    return _leave(user, password, None)


@transaction.atomic
def leave_for_good(*, user: User, password: str) -> bool:
    """As `leave`, and a worker erases everything after DELETION_DAYS unless its owner logs in before."""
    if settings.DELETION_DAYS == 0:
        return _leave(user, password, None) and close_account(user=user)
    return _leave(user, password, timezone.now() + dt.timedelta(days=settings.DELETION_DAYS))


def _leave(user: User, password: str, erase_after: dt.datetime | None) -> bool:
    take_lock("author", user.pk)  # what is being posted is posted before this, or refused
    row = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
    if row is None:
        return False
    row.is_active, row.deactivated_at, row.password = False, timezone.now(), make_password(password)
    if erase_after is not None:
        row.preferences[ERASE_AFTER] = int(erase_after.timestamp())
    _save(row, user)
    get_token_model().objects.filter(user=user).delete()
    return True


@transaction.atomic
def come_back(*, user: User) -> bool:
    """Whether the user had left: all is as it was. Not for what staff closed, nor once it is being erased."""
    row = _inactive(user).filter(deactivated_at__isnull=False).first()
    if row is None:
        return False
    row.is_active, row.deactivated_at = True, None
    row.preferences.pop(ERASE_AFTER, None)
    _save(row, user)
    return True


@transaction.atomic
def keep_account(*, user: User) -> bool:
    """Whether there was a wish to be erased to take back; the account stays away until its owner logs in."""
    row = _inactive(user).filter(preferences__has_key=ERASE_AFTER).first()
    if row is None:
        return False
    del row.preferences[ERASE_AFTER]
    _save(row, user)
    return True


@transaction.atomic
def close_account(*, user: User) -> bool:
    """Whether there was an account to close: nobody enters it any more, and a worker erases all that belongs to it.

    What is erased is gone; reactivating it meanwhile keeps the rest, without its password.
    """
    row = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
    if row is None:
        return False
    row.is_active, row.deactivated_at, row.password = False, None, make_password(None)
    row.preferences.pop(ERASE_AFTER, None)
    row.preferences[CLOSED] = True
    _save(row, user)
    get_token_model().objects.filter(user=user).delete()
    events.record("account_closed", user_id=user.pk)
    return True


def close_due(*, limit: int = 100) -> int:
    """Close up to `limit` accounts whose owners left for good and stayed away; returns how many."""
    due = {"is_active": False, f"preferences__{ERASE_AFTER}__lte": int(timezone.now().timestamp())}
    closed = 0
    for user in User.objects.filter(**due).order_by("pk")[:limit]:
        with transaction.atomic():
            is_due = User.objects.select_for_update(no_key=True).filter(pk=user.pk, **due).exists()
            closed += is_due and close_account(user=user)  # else its owner has come back since
    return closed


def _inactive(user: User) -> "QuerySet[User]":
    return User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=False)


def _save(row: User, user: User) -> None:
    """Only these columns: counts change beside us. `user` is the caller's copy."""
    row.save(update_fields=["is_active", "deactivated_at", "password", "preferences", "updated_at"])
    for name in ("is_active", "deactivated_at", "password", "preferences"):
        setattr(user, name, getattr(row, name))
