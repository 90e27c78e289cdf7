"""What staff do to accounts. Each is one transaction, writes the named columns only, and never a count."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from knox.models import get_token_model

from accounts.models import User
from accounts.services import RESERVED_NAMES
from socialgraph import events

COLUMNS = frozenset({"username", "email", "verified", "is_active", "is_staff", "is_superuser"})


@transaction.atomic
def change_account(*, user: User, **values: Any) -> bool:  # of any of COLUMNS
    """Whether anything changed. The values have been checked as those of a form; a reserved name is refused here.

    A new address is not verified, and the addresses before it are forgotten.
    """
    if refused := values.keys() - COLUMNS:
        raise TypeError(f"not to be changed by staff: {', '.join(sorted(refused))}")
    changed = {name: value for name, value in values.items() if getattr(user, name) != value}
    if not changed:
        return False
    if changed.get("username", "").lower() in RESERVED_NAMES:
        raise ValidationError({"username": "This name is reserved. Choose another one."})
    if "email" in changed:
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=changed["email"].lower(), primary=True)
    User.objects.filter(pk=user.pk).update(**changed, updated_at=timezone.now())
    for name, value in changed.items():
        setattr(user, name, value)
    return True


def deactivate(*, user: User) -> bool:
    """Whether the account was active: it can no longer log in or be found; what it posted stays."""
    return change_account(user=user, is_active=False)


def reactivate(*, user: User) -> bool:
    return change_account(user=user, is_active=True)


@transaction.atomic
def close_account(*, user: User) -> bool:
    """Whether there was an account to close: nobody enters it any more, and a worker deletes all that belongs to it.

    Reactivating it before the worker came keeps it, without its password.
    """
    found = User.objects.filter(pk=user.pk).update(is_active=False, password=make_password(None))
    if not found:
        return False
    get_token_model().objects.filter(user=user).delete()
    events.record("account_closed", user_id=user.pk)
    return True
