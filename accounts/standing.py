"""Whether an account is in use, has been left, or is being erased, in words for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format

from accounts.models import User
from accounts.selectors import CLOSED, ERASE_AFTER, erased_after, rows_erased

STANDINGS = {
    "left": ("left by its owner", Q(is_active=False, deactivated_at__isnull=False)),
    "waiting": ("waiting to be deleted", Q(is_active=False, preferences__has_key=ERASE_AFTER)),
    "erased": ("being deleted", Q(is_active=False, preferences__has_key=CLOSED)),
}


def standing_of(user: User) -> str:
    """At most one query."""
    if user.is_active:
        return "active"
    if (gone := rows_erased(user)) is not None:
        return f"being deleted: {gone:,} rows so far"
    words = (
        f"left by its owner on {date_format(user.deactivated_at)}" if user.deactivated_at else "deactivated by staff"
    )
    due = erased_after(user)
    return f"{words}; deleted on {date_format(due)}" if due else words


class StandingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in STANDINGS.items()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> "QuerySet[User] | None":
        found = STANDINGS.get(self.value() or "")
        return queryset.filter(found[1]) if found else None
