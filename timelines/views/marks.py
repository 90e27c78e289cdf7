"""The buttons: like, bookmark, follow, and their opposites. Each answers htmx with the button as it is now."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import services as accounts
from accounts.models import User
from accounts.selectors import user_named
from timelines.views.errors import error
from timelines.views.http import MemberRequest, action, go, safe_next, with_tweet
from timelines.views.own_changes import OwnChanges
from timelines.views.pages import relation
from tweets import services as tweets
from tweets.models import Tweet


@action
@with_tweet
def like(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    return _liked(request, tweet, by=tweets.like(user=request.user, tweet=tweet))


@action
@with_tweet
def unlike(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    return _liked(request, tweet, by=-tweets.unlike(user=request.user, tweet=tweet), liked=False)


def _liked(request: MemberRequest, tweet: Tweet, *, by: int, liked: bool = True) -> HttpResponse:
    own = OwnChanges.of(request)
    own.add("like_count", tweet.pk, tweet.counts.like_count, by)
    own.show_on([tweet])
    response = _button(request, tweet, "timelines/_like.html", liked=liked)
    own.remember(response)
    return response


def _button(request: MemberRequest, tweet: Tweet, template: str, **state: bool) -> HttpResponse:
    """The button alone for htmx, else the page it stood on, scrolled to the card."""
    if request.htmx:
        return render(request, template, {"tweet": tweet, "own_page": tweet.get_absolute_url(), **state})
    return go(request, f"{safe_next(request, tweet.get_absolute_url())}#t{tweet.pk}")


@action
def follow(request: MemberRequest, username: str) -> HttpResponse:
    return _related(request, username, accounts.follow, 1)


@action
def unfollow(request: MemberRequest, username: str) -> HttpResponse:
    return _related(request, username, accounts.unfollow, -1)


def _related(request: MemberRequest, username: str, write: Callable[..., bool], change: int) -> HttpResponse:
    owner = user_named(username, closed_too=change < 0)
    if owner is None:
        raise Http404
    if owner == request.user:
        return error(request, 400, "That is you", "You cannot follow yourself: your own posts are in your timeline.")
    if not write(follower=request.user, followee=owner):
        change = 0
    own = OwnChanges.of(request)
    own.add("follower_count", owner.pk, owner.follower_count, change)
    own.add("following_count", request.user.pk, request.user.following_count, change)
    response = _relation(request, owner, own)
    own.remember(response)
    return response


def _relation(request: MemberRequest, owner: User, own: OwnChanges) -> HttpResponse:
    if request.htmx:
        return render(request, "timelines/_relation.html", relation(request, owner, own))
    own_page = reverse("profile", args=[owner.username]) if owner.is_active else reverse("home")
    return go(request, safe_next(request, own_page))
