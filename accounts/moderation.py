"""What staff do to accounts. Each is one transaction, writes the named columns only, and never a count."""

from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import services
from accounts.models import User
from accounts.selectors import CLOSED, ERASE_AFTER
from accounts.services import RESERVED_NAMES

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
    if "is_active" in changed:
        _forget_leaving(user)
    return True


def _forget_leaving(user: User) -> None:
    """What staff decide stands above what its owner decided about being here."""
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    row.deactivated_at = user.deactivated_at = None
    for name in (CLOSED, ERASE_AFTER):
        row.preferences.pop(name, None)
    row.save(update_fields=["deactivated_at", "preferences"])
    user.preferences = row.preferences


@transaction.atomic
def deactivate(*, user: User) -> bool:
    """Whether anything changed: nobody logs in or finds it, its owner does not come back; what was posted stays.

    An owner's wish to be erased is carried out all the same.
    """
    left = User.objects.filter(pk=user.pk, is_active=False, deactivated_at__isnull=False).update(deactivated_at=None)
    return change_account(user=user, is_active=False) or bool(left)


def reactivate(*, user: User) -> bool:
    """Whether it was inactive, for whatever reason. A wish of its owner to be erased ends with it."""
    return change_account(user=user, is_active=True)


def close_account(*, user: User) -> bool:
    """Whether there was an account to close; a worker erases all that belongs to it (`services.close_account`)."""
    return services.close_account(user=user)
