"""Search: one box for posts and people, and the people it offers while somebody types."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.search import clean_name, people_found
from accounts.selectors import relationships
from accounts.views.people import Listed
from socialgraph.pagination import Page
from timelines.pages import Asked
from timelines.views.http import Request, paged, viewer
from timelines.views.pages import listing
from tweets.models import Tweet
from tweets.search.find import Order, found
from tweets.search.query import QueryError, parse


@require_safe
@paged
def search(request: Request, asked: Asked) -> HttpResponse:
    """`?q=&tab=posts|people&order=recent|top`. What is wrong with a question stands beside the box, with status 400."""
    text = request.GET.get("q", "")
    order = Order.TOP if request.GET.get("order") == Order.TOP else Order.RECENT
    context = {"text": text, "order": order, "is_first": asked.cursor is None}
    if request.GET.get("tab") == "people":
        return _people(request, text, {**context, "tab": "people"})
    page, problem = Page[Tweet]([], None), ""
    if text.strip():
        try:
            page = found(parse(text), viewer(request), order=order, cursor=asked.cursor, limit=asked.limit)
        except QueryError as error:
            problem = str(error)
    response = listing(request, "timelines/search.html", page, **context, tab="posts", problem=problem)
    response.status_code = 400 if problem else 200
    return response


def _people(request: Request, text: str, context: dict[str, Any]) -> HttpResponse:
    user = viewer(request)
    users = people_found(text, user, limit=settings.PEOPLE_FOUND_MAX)
    known = relationships(user, users)
    people = [Listed(each, is_viewer=each == user, relationship=known[each.pk]) for each in users]
    response = render(request, "timelines/search.html", {**context, "people": people})
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def suggest(request: Request) -> HttpResponse:
    """`?q=`: options for the list below the box; empty for what cannot be the beginning of a name."""
    text = clean_name(request.GET.get("q", ""))
    people = people_found(text, viewer(request), limit=settings.SUGGESTED_MAX)
    return render(request, "timelines/_suggested.html", {"people": people})
