"""The operators' board: a whole page without JavaScript, renewed in place with it."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.board import gather
from dashboard.verdict import summary, troubles
from timelines.views.http import MemberRequest, Request, members_only


def staff_only(view: Callable[[MemberRequest], HttpResponse]) -> Callable[[Request], HttpResponse]:
    """Visitors log in first; to members who are not staff the page does not exist."""

    @members_only
    def guarded(request: MemberRequest) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404
        return view(request)

    return guarded


@never_cache
@require_safe
@staff_only
def dashboard(request: MemberRequest) -> HttpResponse:
    return _board(request, "dashboard/board.html")


@never_cache
@require_safe
@staff_only
def figures(request: MemberRequest) -> HttpResponse:
    """What the open page asks for every few seconds."""
    return _board(request, "dashboard/_figures.html")


def _board(request: MemberRequest, template: str) -> HttpResponse:
    board = gather()
    found = troubles(board)
    state, line = summary(board, found)
    context = {"board": board, "troubles": found, "state": state, "line": line}
    return render(request, template, {**context, "refresh": settings.DASHBOARD_REFRESH_SECONDS})
