"""Lists of people: who follows whom, and who is called how."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.selectors import followed_among, followees, followers, people_starting_with, user_named
from socialgraph.pagination import InvalidCursor, decode_cursor


@dataclass(frozen=True)
class Listed:
    """A person as the viewer sees them."""

    user: User
    is_viewer: bool
    is_followed: bool


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
    found = people_starting_with(sought, limit=settings.PEOPLE_FOUND_MAX + 1)
    people = _listed(request, found[: settings.PEOPLE_FOUND_MAX])
    context = {"sought": sought, "people": people, "is_more": len(found) > len(people)}
    return render(request, "accounts/look_up.html", context)


def _follows(request: HttpRequest, username: str, name: str) -> HttpResponse:
    """A page of a list; to htmx, which appends it to the page before, its people alone."""
    owner = user_named(username)
    if owner is None:
        raise Http404
    if owner.username != username:
        return redirect(f"/{owner.username}/{name}/?{request.GET.urlencode()}".rstrip("?"))
    try:
        cursor = decode_cursor(request.GET.get("cursor"))
    except InvalidCursor:
        words = {"title": "This page does not exist", "text": "The address is damaged.", "first_page": request.path}
        return render(request, "error.html", words, status=400)
    if name == "followers":
        page = followers(owner, cursor=cursor, limit=settings.PAGE_SIZE)
        users = [follow.follower for follow in page.results]
    else:
        page = followees(owner, cursor=cursor, limit=settings.PAGE_SIZE)
        users = [follow.followee for follow in page.results]
    context = {"owner": owner, "list": name, "page": page, "people": _listed(request, users)}
    is_htmx = request.headers.get("HX-Request") == "true"
    response = render(request, "accounts/_people.html" if is_htmx else "accounts/follows.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _listed(request: HttpRequest, users: Iterable[User]) -> list[Listed]:
    """One query for a viewer who is logged in, and none when there is nobody to show."""
    users = list(users)
    viewer = request.user if request.user.is_authenticated else None
    followed = followed_among(viewer, [user.pk for user in users]) if viewer and users else set()
    return [Listed(user, is_viewer=user == viewer, is_followed=user.pk in followed) for user in users]
