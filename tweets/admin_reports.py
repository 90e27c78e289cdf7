"""Reports for the moderators, and folders of bookmarks, in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.html import format_html

from accounts.admin_graph import PEOPLE_HELP, people_named
from socialgraph.big_table_admin import MadeFilter, ReadOnlyAdmin, ServiceAdmin, as_ids, in_batches
from tweets import services
from tweets.models import BookmarkFolder, Report

SHOWN = 80  # characters of a comment in the list


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """What was reported stays as it was sent; a moderator says when it is dealt with."""

    list_display = ("id", "state", "reason", "subject", "shortened", "reporter", "created_at")
    list_display_links = ("id",)
    list_filter = ("state", "reason", "about", MadeFilter)
    list_select_related = ("reporter", "person", "tweet")
    search_help_text = f"The id of a tweet or of a report. {PEOPLE_HELP} Finds reports about them and by them."
    fields = (
        *("id", "state", "about", "reason", "comment", "reporter", "created_at"),
        *("person", "username", "tweet", "text", "subject"),
    )
    readonly_fields = ("subject",)
    actions = ("mark_done",)

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        people, reports = people_named(word), Report.objects.order_by("-id")
        ways = ({"person__in": people}, {"reporter__in": people}, {"tweet__in": as_ids(word)})
        return [*super().matches(word), *(reports.filter(**way) for way in ways)]

    @admin.display(description="about")
    def subject(self, report: Report) -> str:
        """A way to the page where it can be looked at; the name of the time when it was reported."""
        if report.tweet is not None and report.tweet.deleted_at is None:
            return format_html('<a href="{}">tweet of @{}</a>', report.tweet.get_absolute_url(), report.username)
        if report.tweet is not None or report.about == "tweet":
            return f"deleted tweet of @{report.username}"
        if report.person is None:
            return f"@{report.username}, who is gone"
        address = reverse("admin:accounts_user_change", args=[report.person.pk])
        return format_html('<a href="{}">@{}</a>', address, report.username)

    @admin.display(description="comment")
    def shortened(self, report: Report) -> str:
        return report.comment if len(report.comment) <= SHOWN else f"{report.comment[: SHOWN - 1]}…"

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tweets.change_report")

    @admin.action(description="Mark selected reports as dealt with", permissions=["mark"])
    def mark_done(self, request: HttpRequest, queryset: "QuerySet[Report]") -> None:
        done: list[Report] = []

        def mark(report: Report) -> None:
            if services.mark_done(report=report):
                self.log_change(request, report, "Dealt with.")
                done.append(report)

        in_batches(queryset, mark)
        text = f"Marked {len(done)} report{pluralize(len(done))} as dealt with."
        self.message_user(request, text, messages.SUCCESS)


@admin.register(BookmarkFolder)
class BookmarkFolderAdmin(ServiceAdmin):
    """Without their names: what people call the places of what they keep is nobody else's business."""

    list_display = ("id", "user", "created_at")
    list_filter = (MadeFilter,)
    list_select_related = ("user",)
    fields = ("id", "user", "created_at")
    search_help_text = PEOPLE_HELP

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), BookmarkFolder.objects.filter(user__in=people_named(word)).order_by("-id")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def remove(self, request: HttpRequest, row: BookmarkFolder) -> None:
        services.delete_folder(folder=row)

    def deletion_line(self, row: BookmarkFolder) -> str:
        return f"folder {row.pk} of {row.user} (the bookmarks in it stay)"
