"""What the admin of every table is built on: lists that stay quick on ten million rows, and changes by services.

A list counts by PostgreSQL's own estimate, goes back a bounded number of rows, searches through indexes only and gives
up after `LIST_SECONDS` instead of holding the database. Rows come and go by services, so timelines and counts stay
right.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property

from socialgraph.snowflake import first_id_at

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

REACH = 10_000  # rows that a list counts exactly and that its pages reach; behind them one searches or filters
SEARCH_ROWS = 1_000  # of each way in which a word may match
ACTION_ROWS = 1_000  # that one action may change, each by its service
ACTION_BATCH = 100  # of them in one transaction
SHOWN_ROWS = 50  # of those that a confirmation page lists
LIST_SECONDS = 5.0


class EstimatedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts up to REACH rows and takes PostgreSQL's estimate of a whole table above that; never COUNT(*) of it."""

    object_list: "QuerySet[Any]"

    @cached_property
    def count(self) -> int:
        query = self.object_list.query
        if not query.where and (estimate := estimated_rows(query.get_meta().db_table)) > REACH:
            return estimate
        return min(REACH, self.object_list.order_by()[: REACH + 1].count())

    @cached_property
    def num_pages(self) -> int:
        return -(-min(self.count, REACH) // self.per_page) or 1


def estimated_rows(table: str) -> int:
    """As of the table's last ANALYZE or vacuum; -1 before the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


class MadeFilter(admin.SimpleListFilter):
    """When a row with a snowflake was made: a range of the primary key."""

    title = "made"
    parameter_name = "made"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("1", "in the last hour"), ("24", "in the last day"), ("168", "in the last 7 days"), ("720", "30 days")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any] | None":
        if self.value() not in dict(self.lookup_choices):
            return None
        return queryset.filter(pk__gte=first_id_at(timezone.now() - dt.timedelta(hours=int(self.value() or 0))))


class BigTableAdmin(ModelAdmin):
    """A table that may have millions of rows. Subclasses say by `matches` what a search word can mean."""

    paginator = EstimatedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-pk",)
    sortable_by = ()
    change_list_template = "admin/big_table.html"
    search_fields = ("pk",)  # shows the search box; `matches` decides
    search_help_text = "An id."

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        """The rows that the word may mean, each a queryset over an index, best rows first. Without a word of NUL."""
        return [self.model._default_manager.filter(pk__in=as_ids(word))]

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        """Ids first, from indexes alone: a filter beside ORDER BY … LIMIT may be planned as a walk of the table."""
        word = search_term.strip()
        if not word:
            return queryset, False
        if "\0" in word:
            return queryset.none(), False
        found = {pk for rows in self.matches(word) for pk in rows.values_list("pk", flat=True)[:SEARCH_ROWS]}
        return queryset.filter(pk__in=found), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"reach": REACH} | (extra_context or {})
        if request.method != "GET":
            return super().changelist_view(request, context)
        try:
            with time_limit(LIST_SECONDS):
                response = super().changelist_view(request, context)
                return response.render() if isinstance(response, TemplateResponse) else response
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.QueryCanceled) or not request.GET:
                raise
        told = f"That list took longer than {LIST_SECONDS:g} seconds. Search for something narrower."
        self.message_user(request, told, messages.ERROR)
        return HttpResponseRedirect(request.path)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A service's refusal that the form could not foresee is told on the page; nothing was written."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            for told in error.messages:
                self.message_user(request, told, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def response_action(
        self, request: HttpRequest, queryset: "QuerySet[Any]", *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        if request.POST.get("select_across") == "1" and queryset.order_by()[: ACTION_ROWS + 1].count() > ACTION_ROWS:
            told = f"One action takes {ACTION_ROWS:,} rows at most: search or filter first. Nothing was changed."
            self.message_user(request, told, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)

    def get_deleted_objects(
        self, objs: "QuerySet[Any] | Sequence[Any]", request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[Any], list[Any]]:
        """What the confirmation page lists: the rows themselves, not everything that hangs on them."""
        number = objs.count() if isinstance(objs, QuerySet) else len(objs)
        shown = [self.deletion_line(row) for row in objs[:SHOWN_ROWS]]
        if number > SHOWN_ROWS:
            shown.append(f"… and {number - SHOWN_ROWS} more")
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return shown, {str(self.opts.verbose_name_plural): number}, lacking, []

    def deletion_line(self, row: Any) -> str:
        return f"{self.opts.verbose_name} {row.pk}: {row}"


class ReadOnlyAdmin(BigTableAdmin):
    """What only triggers and workers write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ServiceAdmin(BigTableAdmin):
    """Rows that come and go by services. They are never changed, unless a subclass allows it."""

    add_fields: Sequence[str] = ()

    def create(self, request: HttpRequest, form: Any) -> Model:
        """Store what the valid add form holds; returns the stored row.

        May raise ValidationError, or PermissionDenied.
        """
        raise NotImplementedError

    def remove(self, request: HttpRequest, row: Any) -> None:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.add_fields if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            obj.pk = self.create(request, form).pk
        except PermissionDenied as refusal:  # of the people whom the form names; staff's own is checked before
            raise ValidationError(str(refusal)) from refusal
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        in_batches(queryset, lambda row: self.remove(request, row))


def in_batches(rows: "QuerySet[Any]", change: Callable[[Any], object]) -> None:
    """Call `change` for each row, ACTION_BATCH of them in a transaction, in the order of their ids."""
    for batch in _batches(list(rows.order_by("pk")[:ACTION_ROWS])):
        with transaction.atomic():
            for row in batch:
                change(row)


def _batches(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), ACTION_BATCH):
        yield rows[start : start + ACTION_BATCH]


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A transaction in which PostgreSQL cancels a statement after so many seconds."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(round(seconds * 1000))])
        yield
        # For the transaction around this one, if there is any; a failure rolls the setting back by itself.
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


def as_ids(word: str) -> list[int]:
    """The word as a row's id, if it is a number that one could have."""
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 20 else 0
    return [number] if 0 < number < 2**63 else []
