"""The pages that people read."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.relationships import Relationship
from accounts.selectors import relationship, user_named
from socialgraph.pagination import Page
from timelines import pages
from timelines.forms import SinceForm
from timelines.pages import Asked
from timelines.views.errors import error
from timelines.views.http import MemberRequest, Request, members_only, paged, viewer
from timelines.views.own_changes import OwnChanges
from tweets.cards import Card
from tweets.models import Tweet
from tweets.text import as_hashtag


@require_safe
def new_posts(request: Request) -> HttpResponse:
    """What the pill says: how many posts have come since the page was made. A poll never leads to the log-in page."""
    user = viewer(request)
    if user is None:
        return HttpResponse(status=204)
    form = SinceForm(request.GET)
    if not form.is_valid():
        return error(request, 400, "This page does not exist", "The address lacks the post to count from.")
    count = pages.unseen_count(user, since=form.cleaned_data["since"], limit=settings.PAGE_SIZE)
    return render(request, "timelines/_pill.html", {"count": count, "is_more": count == settings.PAGE_SIZE})


@require_safe
@paged
def profile(request: Request, asked: Asked, username: str) -> HttpResponse:
    """What somebody posts of their own accord; answers to others stand on a tab of their own."""
    return _profile(request, asked, username, "posts")


@require_safe
@paged
def profile_replies(request: Request, asked: Asked, username: str) -> HttpResponse:
    return _profile(request, asked, username, "replies")


@require_safe
@members_only
@paged
def profile_likes(request: MemberRequest, asked: Asked, username: str) -> HttpResponse:
    """For their owner alone, as on the networks that people trust with it: who may like unseen, likes freely."""
    if request.user.username.lower() != username.lower():
        return error(request, 403, "These likes are private", "What somebody likes is seen by them alone.")
    return _profile(request, asked, username, "likes")


def _profile(request: Request, asked: Asked, username: str, tab: str) -> HttpResponse:
    owner, user = user_named(username), viewer(request)
    if owner is None:
        raise Http404
    if owner.username != username:
        here = request.path.replace(username, owner.username, 1)
        return redirect(f"{here}?{request.GET.urlencode()}".rstrip("?"))
    known = relationship(user, owner)
    if not known.may_read:
        page: Page[Card] = Page([], None)
    elif tab == "likes":
        page = pages.liked(owner, asked)
    else:
        page = pages.user_timeline(owner, user, asked, replies=tab == "replies")
    return listing(request, "timelines/profile.html", page, tab=tab, **relation(owner, known, OwnChanges.of(request)))


def relation(owner: User, known: Relationship, own: OwnChanges) -> dict[str, Any]:
    """What `_relation.html` shows: the owner's counts, and what the viewer can do about them."""
    return {
        "owner": owner,
        "tweet_count": own.shown("tweet_count", owner.pk, owner.tweet_count),
        "follower_count": own.shown("follower_count", owner.pk, owner.follower_count),
        "following_count": own.shown("following_count", owner.pk, owner.following_count),
        "relationship": known,
        "state": known.state.name.lower(),
    }


@require_safe
@paged
def tagged(request: Request, asked: Asked, hashtag: str) -> HttpResponse:
    """Posts with a hashtag, in whatever case it was written."""
    folded = as_hashtag(hashtag)
    if folded is None:
        raise Http404
    page = pages.tagged(folded, viewer(request), asked)
    return listing(request, "timelines/tag.html", page, hashtag=hashtag)


def listing(request: Request, template: str, page: Page[Card] | Page[Tweet], **context: Any) -> HttpResponse:
    """A page of cards; to htmx, which appends them to the page before, the cards alone."""
    OwnChanges.of(request).show_on(page.results)
    response = render(request, "timelines/_cards.html" if request.htmx else template, {"page": page, **context})
    patch_vary_headers(response, ["HX-Request"])
    return response
