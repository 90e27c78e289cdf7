"""What pages know of a request, who may make it, and where the answer leads."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from timelines import pages
from timelines.forms import PageForm
from timelines.pages import Asked
from timelines.views.errors import error
from tweets.models import Tweet

P = ParamSpec("P")
SHOWN_MAX = 1_000
"""Letters of a text that came after its author was logged out: it is shown, so that it can be copied."""
A_MENU = re.compile("/tweets/[0-9]+/(menu|retweet)/")


class Request(HttpRequest):
    htmx: HtmxDetails


class MemberRequest(Request):
    user: User


R = TypeVar("R", bound=Request)


def viewer(request: Request) -> User | None:
    return request.user if request.user.is_authenticated else None


def safe_next(request: HttpRequest, otherwise: str) -> str:
    """The page that the sent form stood on, if it is one of this site."""
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if is_ours and page.startswith("/") else otherwise


def came_from(request: HttpRequest, otherwise: str) -> str:
    """The page of this site that the visitor came from, as the browser says; never this one, nor a post's menu."""
    parts = urlsplit(request.headers.get("Referer", ""))
    is_ours = parts.netloc == request.get_host() and parts.path != request.path and not A_MENU.fullmatch(parts.path)
    return parts._replace(scheme="", netloc="", fragment="").geturl() if is_ours else otherwise


def go(request: Request, url: str) -> HttpResponse:
    """Send the browser to another page, also when htmx asked."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def members_only(
    view: Callable[Concatenate[MemberRequest, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Whoever is not logged in logs in first, and then returns to the page they were on."""

    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(cast(MemberRequest, request), *args, **kwargs)
        reads = request.method in ("GET", "HEAD")
        page = request.get_full_path() if reads else safe_next(request, reverse("home"))
        if not reads:
            words = request.POST.get("text", "").strip()[:SHOWN_MAX]
            kept = f" You wrote: “{words}”" if words else ""
            messages.info(request, f"Log in first. Then do it once more: nothing was changed.{kept}")
        return go(request, redirect_to_login(page).url)

    return guarded


def action(
    view: Callable[Concatenate[MemberRequest, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """A write: by a member and by POST, so that no link, preview or crawler can do it."""
    guarded = members_only(view)

    @wraps(view)
    def posted(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST":
            return guarded(request, *args, **kwargs)
        told = "Nothing was changed: this address works from its button only. Go back, and press it there."
        response = error(request, 405, "This address is for a button", told)
        response.headers["Allow"] = "POST"
        return response

    return posted


def paged(view: Callable[Concatenate[R, Asked, P], HttpResponse]) -> Callable[Concatenate[R, P], HttpResponse]:
    """Give the view the page that `?cursor=&limit=` ask for, or answer 400."""

    @wraps(view)
    def asked(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        form = PageForm(request.GET)
        if not form.is_valid():
            wrong = " ".join(str(message) for messages in form.errors.values() for message in messages)
            return error(request, 400, "This page does not exist", wrong, first_page=request.path)
        return view(request, form.asked, *args, **kwargs)

    return asked


def with_tweet(view: Callable[[R, Tweet], HttpResponse]) -> Callable[[R, int], HttpResponse]:
    """Give the view the card of the tweet; 410 when it was deleted, 404 when it never was."""

    @wraps(view)
    def found(request: R, tweet_id: int) -> HttpResponse:
        tweet = pages.tweet_card(viewer(request), tweet_id)
        if tweet is not None:
            return view(request, tweet)
        original_id = pages.retweeted_by(tweet_id, viewer(request))
        if original_id is not None and request.method in ("GET", "HEAD"):
            return go(request, reverse("tweet", args=[original_id]))
        if pages.was_deleted(tweet_id, viewer(request)):
            told = "The author took this post back, so it cannot be shown."
            return error(request, 410, "This post was deleted", told)
        raise Http404

    return found
