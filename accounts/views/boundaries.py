"""Who may come near: requests, a protected account, and whom and what the user does not want to read.

What is done about one person from these lists, the views beside that person's page do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import services
from accounts.models import Block, FollowRequest, Mute, User
from accounts.mute_forms import MutedWordForm
from accounts.selectors import blocks_of, muted_words_of, mutes_of, requests_by, requests_to
from accounts.views.people import damaged, paged
from socialgraph.pagination import InvalidCursor, Page, decode_cursor

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class ListedRow:
    """A person on a list of the user's own, by the row that puts them there."""

    user: User
    row: Model


@require_safe
@never_cache
@login_required
def requests_received(request: HttpRequest) -> HttpResponse:
    return _listing(request, "received", requests_to, _follower)


@require_safe
@never_cache
@login_required
def requests_sent(request: HttpRequest) -> HttpResponse:
    return _listing(request, "sent", requests_by, _followee)


@require_safe
@never_cache
@login_required
def blocked_people(request: HttpRequest) -> HttpResponse:
    return _listing(request, "blocked", blocks_of, _blocked)


@require_safe
@never_cache
@login_required
def muted_people(request: HttpRequest) -> HttpResponse:
    return _listing(request, "muted", mutes_of, _muted)


def _follower(row: FollowRequest) -> User:
    return row.follower


def _followee(row: FollowRequest) -> User:
    return row.followee


def _blocked(row: Block) -> User:
    return row.blocked


def _muted(row: Mute) -> User:
    return row.muted


def _listing(
    request: HttpRequest, name: str, rows: Callable[..., Page[Row]], person: Callable[[Row], User]
) -> HttpResponse:
    try:
        cursor = decode_cursor(request.GET.get("cursor"))
    except InvalidCursor:
        return damaged(request)
    page = rows(_user(request), cursor=cursor, limit=settings.PAGE_SIZE)
    people = [ListedRow(person(row), row) for row in page.results]
    context: dict[str, Any] = {"list": name, "page": page, "people": people, "acts": f"accounts/_acts_{name}.html"}
    return paged(request, f"accounts/{name}.html", "accounts/_people.html", context)


@never_cache
@login_required
def protection(request: HttpRequest) -> HttpResponse:
    """Who may read what the user posts. An unticked box is not sent, so whatever comes without it opens the account."""
    user = _user(request)
    if request.method == "POST":
        protected = "protected" in request.POST
        changed = services.protect(user=user, protected=protected)
        told = "Your posts are protected now." if protected else "Everybody can read your posts now."
        messages.success(request, told if changed else "Nothing was changed.")
        return redirect("protection")
    return render(request, "accounts/protection.html")


@never_cache
@login_required
def muted_words(request: HttpRequest) -> HttpResponse:
    """The list, and the form that adds to it."""
    user = _user(request)
    form = MutedWordForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (added := form.save(user)):
        messages.success(request, f"Posts with “{added.word}” are hidden from you now.")
        return redirect("muted_words")
    context = {"form": form, "words": muted_words_of(user), "most": settings.MUTED_WORDS_MAX}
    return render(request, "accounts/words.html", context, status=422 if form.errors else 200)


@login_required
def unmute_word(request: HttpRequest, word_id: int) -> HttpResponse:
    """Removes one of the words, and says so with a button that adds it again; led here by the log-in, shows them."""
    if request.method != "POST":
        return redirect("muted_words")
    user = _user(request)
    word = next((word for word in muted_words_of(user) if word.pk == word_id), None)
    if word is not None and services.unmute_word(user=user, word_id=word_id):
        told = format_html("“{}” is not hidden any more.", word.word)
        if word.expires_at is None:
            undo = '{} <button form="again" class="button quiet" name="word" value="{}">Undo</button>'
            told = format_html(undo, told, word.word)
        messages.success(request, told)
    return redirect("muted_words")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
