"""What one person does about another, from the other's page, from lists and from requests.

Buttons answer htmx with the header's part that shows how the two stand, or with the page anew where more of it changes.
What cannot be taken back by the same button, or costs more than a click, asks first on a page of its own.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html

from accounts import services as accounts
from accounts.models import User
from accounts.mute_forms import MuteForm
from accounts.relationships import Relationship
from accounts.selectors import relationship, user_named
from timelines.views.errors import error
from timelines.views.http import MemberRequest, action, came_from, go, members_only, safe_next
from timelines.views.own_changes import OwnChanges
from timelines.views.pages import relation

PersonView = Callable[[MemberRequest, User], HttpResponse]


def about(*, closed_too: bool = False) -> Callable[[PersonView], Callable[[MemberRequest, str], HttpResponse]]:
    """Give the view the person of the address, who is not the user. What ends something reaches closed accounts too."""

    def decorate(view: PersonView) -> Callable[[MemberRequest, str], HttpResponse]:
        @wraps(view)
        def found(request: MemberRequest, username: str) -> HttpResponse:
            other = user_named(username, closed_too=closed_too)
            if other is None:
                raise Http404
            if other == request.user:
                return error(request, 400, "That is you", "You cannot follow yourself, or mute or block yourself.")
            return view(request, other)

        return found

    return decorate


@action
@about()
def follow(request: MemberRequest, other: User) -> HttpResponse:
    try:
        return _done(request, other, lambda: accounts.follow(follower=request.user, followee=other))
    except PermissionDenied as refused:
        return error(request, 403, "You cannot follow this person", str(refused))


@members_only
@about(closed_too=True)
def unfollow(request: MemberRequest, other: User) -> HttpResponse:
    """Ends a follow, or takes a request back. For a protected account the page asks first: it cannot be undone."""
    if request.method == "POST":
        return _done(request, other, lambda: accounts.unfollow(follower=request.user, followee=other))
    told = "You no longer see their posts."
    if other.protected:
        told = f"{told} The account is protected: to see them again you would have to ask, and wait for the answer."
    return _ask(request, other, "Unfollow", told)


@action
@about(closed_too=True)
def approve(request: MemberRequest, other: User) -> HttpResponse:
    return _answered(request, other, accounts.approve_request, "@{} follows you now.")


@action
@about(closed_too=True)
def reject(request: MemberRequest, other: User) -> HttpResponse:
    return _answered(request, other, accounts.reject_request, "You turned down the request of @{}, who is not told.")


def _answered(request: MemberRequest, other: User, write: Callable[..., bool], words: str) -> HttpResponse:
    """To a request, which may have been taken back meanwhile."""

    def answer() -> bool:
        done = write(followee=request.user, follower=other)
        gone = "@{} is not asking to follow you any more."
        messages.info(request, (words if done else gone).format(other.username))
        return done

    return _done(request, other, answer)


@members_only
@about(closed_too=True)
def remove(request: MemberRequest, other: User) -> HttpResponse:
    if request.method == "POST":

        def end() -> bool:
            done = accounts.remove_follower(followee=request.user, follower=other)
            messages.success(request, f"@{other.username} does not follow you any more.")
            return done

        return _done(request, other, end)
    told = "They are not told, and can follow you again."
    if request.user.protected:
        told = "They no longer see your posts. They are not told, and can ask you again."
    return _ask(request, other, "Remove follower", told)


@members_only
@about()
def block(request: MemberRequest, other: User) -> HttpResponse:
    if request.method == "POST":

        def end() -> bool:
            done = accounts.block(blocker=request.user, blocked=other)
            _tell(request, f"You blocked @{other.username}.", "unblock", other)
            return done

        return _done(request, other, end, page=other.get_absolute_url())
    told = (
        "Neither of you sees what the other posts, or can follow, answer or quote the other. If one of you follows the"
        " other, that ends, and stays ended if you unblock them. They are not told, but their pages show it."
    )
    return _ask(request, other, "Block", told)


@action
@about(closed_too=True)
def unblock(request: MemberRequest, other: User) -> HttpResponse:
    return _done(request, other, lambda: accounts.unblock(blocker=request.user, blocked=other))


@members_only
@about()
def mute(request: MemberRequest, other: User) -> HttpResponse:
    """Asks for how long; what is sent without that lasts until it is ended."""
    form = MuteForm(request.POST if request.method == "POST" else {"until": ""})
    if request.method == "POST" and form.is_valid():

        def start() -> bool:
            done = accounts.mute(muter=request.user, muted=other, until=form.cleaned_data["until"])
            _tell(request, f"You muted @{other.username}.", "unmute", other)
            return done

        return _done(request, other, start)
    told = "Their posts stay off your home timeline, your searches and hashtags. Nothing else between you changes."
    return _ask(request, other, "Mute", f"{told} They are not told.", form=form)


@action
@about(closed_too=True)
def unmute(request: MemberRequest, other: User) -> HttpResponse:
    return _done(request, other, lambda: accounts.unmute(muter=request.user, muted=other))


def _ask(request: MemberRequest, other: User, does: str, told: str, form: MuteForm | None = None) -> HttpResponse:
    # Back to where the question was asked from, unless that was asked before and comes back with the answer.
    back = safe_next(request, "") or came_from(request, other.get_absolute_url())
    shown = {"owner": other, "does": does, "told": told, "form": form, "back": back}
    return render(request, "timelines/ask.html", shown, status=422 if form and form.errors else 200)


def _tell(request: MemberRequest, told: str, undo: str, other: User) -> None:
    """Say what was done, with a button that takes it back."""
    button = '{} <button form="act" class="button quiet" formaction="{}">Undo</button>'
    messages.success(request, format_html(button, told, reverse(undo, args=[other.username])))


def _done(request: MemberRequest, other: User, write: Callable[[], bool], page: str = "") -> HttpResponse:
    """Write, and answer with how the two stand then, or lead to `page`, else to where the form stood."""
    before = relationship(request.user, other)
    write()
    after = relationship(request.user, other)
    own = OwnChanges.of(request)
    _count(own, request.user, other, after.follows - before.follows)
    _count(own, other, request.user, after.is_followed_by - before.is_followed_by)
    if request.htmx and not page and _looks_alike(before, after):
        response = render(request, "timelines/_relation.html", relation(other, after, own))
    else:
        profile = other.get_absolute_url() if other.is_active else reverse("home")
        response = go(request, page or safe_next(request, profile))
    own.remember(response)
    return response


def _count(own: OwnChanges, follower: User, followee: User, change: int) -> None:
    if change:
        own.add("follower_count", followee.pk, followee.follower_count, change)
        own.add("following_count", follower.pk, follower.following_count, change)


def _looks_alike(before: Relationship, after: Relationship) -> bool:
    """Whether the other's page differs in nothing but its header's part about the two."""
    return (before.may_read, before.is_muting, before.is_blocking, before.is_requested_by) == (
        *(after.may_read, after.is_muting, after.is_blocking, after.is_requested_by),
    )
