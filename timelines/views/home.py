"""The home timeline as a page. What is the same for every look at it is rendered once, and kept with holes."""

import re
import secrets
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import User
from socialgraph.nearest import Nearest
from socialgraph.pagination import Page
from timelines import cards, express, pages
from timelines.forms import PostForm
from timelines.home import home_page, visit
from timelines.pages import Asked
from timelines.views.http import Request, paged, viewer
from timelines.views.own_changes import OwnChanges
from timelines.views.pages import listing
from tweets.cards import Card

_MARK = f"hole-{secrets.token_hex(8)}-"
"""Nobody outside this process knows it, so no name and no text has it; letters that stay what they are in addresses."""
_A_HOLE = re.compile(f"{_MARK}([a-z]+)-")


class Frame(NamedTuple):
    """All that a page without its cards depends on, but for what goes into the holes."""

    template: str
    user_id: int
    username: str
    display_name: str
    avatar: str
    is_staff: bool
    has_drafts: bool
    is_first: bool
    has_next: bool
    query: tuple[tuple[str, str], ...]
    """Of the address, in order, without the cursor itself."""


_frames: Nearest[Frame, list[str]] = Nearest(1_000)
"""Text and names of holes in turns; some 10 kB each."""


@require_safe
def home(request: Request) -> HttpResponse:
    """The home timeline, or the front page for visitors."""
    asked = express.plainly_asked(request.GET)
    if asked is not None and request.method == "GET" and not _has_messages(request):
        found = express.by_session(request, asked)
        # The badge of those who approve their followers is asked for in the ordinary way.
        if found is not None and found[1].results and not found[0].protected:
            return _framed(request, asked, *found)
    return _ordinary(request)


@paged
def _ordinary(request: Request, asked: Asked) -> HttpResponse:
    user = viewer(request)
    if user is None:
        return listing(request, "timelines/front.html", Page(pages.latest(settings.FRONT_POSTS), None))
    visit(user)
    page = home_page(user, before=asked.cursor, limit=asked.limit)
    newest = page.results[0].pk if page.results else 0
    is_first = asked.cursor is None
    return listing(request, "timelines/home.html", page, form=PostForm.blank(request), newest=newest, is_first=is_first)


def _has_messages(request: Request) -> bool:
    return CookieStorage.cookie_name in request.COOKIES or SessionStorage.session_key in request.session


def _framed(request: Request, asked: Asked, user: User, page: Page[Card]) -> HttpResponse:
    """`_ordinary`, filled into a frame."""
    own = OwnChanges.of(request)
    own.show_on(page.results)
    holes = {
        "csrf": get_token(request),
        "key": secrets.token_urlsafe(16),
        "path": escape(request.get_full_path()),
        "newest": str(page.results[0].pk),
        "next": page.next or "",
        "numbers": _numbers(user.username, *(own.shown(name, user.pk, getattr(user, name)) for name in NUMBERS)),
        "cards": cards.listed(page.results, user, takes_focus=bool(request.htmx)),
    }
    frame = _frame(request, asked, user, page)
    filled = [holes[part] if place % 2 else part for place, part in enumerate(frame)]
    response = HttpResponse("".join(filled))
    patch_vary_headers(response, ["HX-Request"])
    return response


def _frame(request: Request, asked: Asked, user: User, page: Page[Card]) -> list[str]:
    what = Frame(
        template="timelines/_cards.html" if request.htmx else "timelines/home.html",
        user_id=user.pk,
        username=user.username,
        display_name=user.display_name,
        avatar=user.avatar.name or "",
        is_staff=user.is_staff,
        has_drafts=bool(user.preferences.get("undo_send_seconds")),
        is_first=asked.cursor is None,
        has_next=page.next is not None,
        query=tuple((name, "" if name == "cursor" else request.GET[name]) for name in request.GET),
    )
    frame = _frames.get(what)
    if frame is None:
        frame = _rendered(request, what)
        _frames.put(what, frame)
    return frame


def _rendered(request: Request, what: Frame) -> list[str]:
    hole = {name: f"{_MARK}{name}-" for name in ("csrf", "key", "path", "newest", "next", "numbers", "cards")}
    context = {
        "page": {"results": hole["cards"], "next": hole["next"] if what.has_next else None},
        "shown": SafeString(hole["cards"]),  # nosec B703 # the name of a hole
        "own_numbers": SafeString(hole["numbers"]),  # nosec B703 # as above
        "csrf_token": hole["csrf"],
        "back": hole["path"],
        "form": PostForm(initial={"key": hole["key"], "next": hole["path"]}),
        "newest": hole["newest"],
        "is_first": what.is_first,
    }
    return _A_HOLE.split(render_to_string(what.template, context, request))


NUMBERS = ("tweet_count", "following_count", "follower_count")


@lru_cache(1_000)
def _numbers(username: str, *counts: int) -> str:
    """Of the user with that name, as the panel beside the page shows them."""
    own = dict(zip(NUMBERS, counts, strict=True))
    return render_to_string("_numbers.html", {"user": User(username=username), "own": own})
