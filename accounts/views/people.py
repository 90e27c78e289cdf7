"""Lists of people: who follows whom, and who is called how."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.relationships import Relationship
from accounts.selectors import followees, followers, people_starting_with, relationship, relationships, user_named
from socialgraph.pagination import InvalidCursor, decode_cursor

NOT_SHOWN = "Whom @{0} follows, and who follows @{0}, is shown to those who may read what @{0} posts."


@dataclass(frozen=True)
class Listed:
    """A person as the viewer sees them."""

    user: User
    is_viewer: bool
    relationship: Relationship


@require_safe
def followers_of(request: HttpRequest, username: str) -> HttpResponse:
    return _follows(request, username, "followers")


@require_safe
def followed_by(request: HttpRequest, username: str) -> HttpResponse:
    return _follows(request, username, "following")


@require_safe
def look_up(request: HttpRequest) -> HttpResponse:
    """The first PEOPLE_FOUND_MAX people whose name begins with `q`. Nothing asked, nobody shown."""
    sought = request.GET.get("q", "").replace("\0", "").strip()[:50]
    viewer = request.user if isinstance(request.user, User) else None
    found = people_starting_with(sought, viewer, limit=settings.PEOPLE_FOUND_MAX + 1)
    people = listed(request, found[: settings.PEOPLE_FOUND_MAX])
    context = {"sought": sought, "people": people, "is_more": len(found) > len(people)}
    return render(request, "accounts/look_up.html", context)


def _follows(request: HttpRequest, username: str, name: str) -> HttpResponse:
    """A page of a list; to htmx, which appends it to the page before, its people alone."""
    owner = user_named(username)
    if owner is None:
        raise Http404
    if owner.username != username:
        return redirect(f"/{owner.username}/{name}/?{request.GET.urlencode()}".rstrip("?"))
    viewer = request.user if isinstance(request.user, User) else None
    if not relationship(viewer, owner).may_read:
        words = {"title": "This list is not shown to you", "text": NOT_SHOWN.format(owner.username)}
        return render(request, "error.html", words, status=403)
    try:
        cursor = decode_cursor(request.GET.get("cursor"))
    except InvalidCursor:
        return damaged(request)
    if name == "followers":
        page = followers(owner, viewer, cursor=cursor, limit=settings.PAGE_SIZE)
        users = [follow.follower for follow in page.results]
    else:
        page = followees(owner, viewer, cursor=cursor, limit=settings.PAGE_SIZE)
        users = [follow.followee for follow in page.results]
    context = {"owner": owner, "list": name, "page": page, "people": listed(request, users)}
    return paged(request, "accounts/follows.html", "accounts/_people.html", context)


def damaged(request: HttpRequest) -> HttpResponse:
    words = {"title": "This page does not exist", "text": "The address is damaged.", "first_page": request.path}
    return render(request, "error.html", words, status=400)


def paged(request: HttpRequest, template: str, rows: str, context: dict[str, Any]) -> HttpResponse:
    """A page of a list; to htmx, which appends them to the page before, its rows alone."""
    is_htmx = request.headers.get("HX-Request") == "true"
    response = render(request, rows if is_htmx else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def listed(request: HttpRequest, users: Iterable[User]) -> list[Listed]:
    """One query for a viewer who is logged in, and none when there is nobody to show."""
    users = list(users)
    viewer = request.user if isinstance(request.user, User) else None
    known = relationships(viewer, users)
    return [Listed(user, is_viewer=user == viewer, relationship=known[user.pk]) for user in users]
