"""The infrastructure tables in the admin, read-only: what workers and triggers are doing."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest

from socialgraph.big_table_admin import ReadOnlyAdmin
from socialgraph.models import CountDelta, OutboxEvent


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "pending"), ("failing", "pending, failed before"), ("done", "done")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[OutboxEvent]") -> "QuerySet[OutboxEvent] | None":
        match self.value():
            case "pending":
                return queryset.filter(done_at=None)
            case "failing":
                return queryset.filter(done_at=None).exclude(last_error="")
            case "done":
                return queryset.filter(done_at__isnull=False)
        return None


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "event", "payload", "created_at", "attempts", "deliveries", "done_at", "last_error")
    list_filter = (StateFilter,)


@admin.register(CountDelta)
class CountDeltaAdmin(ReadOnlyAdmin):
    list_display = ("id", "counter", "subject_id", "delta")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who of the staff did what here."""

    list_display = ("id", "action_time", "user", "action_flag", "content_type", "object_repr", "change_message")
    list_select_related = ("user", "content_type")
    search_help_text = "An id, or the whole user name of a member of staff."

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        mine = LogEntry.objects.filter(user__username__iexact=word.removeprefix("@")).order_by("-id")
        return [*super().matches(word), mine]
