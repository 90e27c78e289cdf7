"""Retweets and quotes, and the menus of a card. Each menu is a page too; htmx gets what it offers, to open in place."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.views.people import listed
from accounts.views.people import paged as people_paged
from timelines import pages
from timelines.pages import Asked
from timelines.views.errors import error
from timelines.views.http import (
    MemberRequest,
    Request,
    action,
    came_from,
    go,
    members_only,
    paged,
    safe_next,
    viewer,
    with_tweet,
)
from timelines.views.own_changes import OwnChanges
from timelines.views.pages import listing
from tweets import services as tweets
from tweets.models import Tweet
from tweets.services.editing import why_not_edit


@members_only
@with_tweet
def retweet(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """GET: the choice between passing it on as it is and with words of one's own. POST: the retweet."""
    if request.method != "POST":
        may_pass_on = tweet.author == request.user or not tweet.author.protected
        return _menu(request, tweet, "Retweet", "timelines/_retweet_menu.html", may_pass_on=may_pass_on)
    try:
        changed = tweets.retweet(user=request.user, tweet=tweet)
    except ValidationError as refused:
        return error(request, 403, "This post cannot be retweeted", " ".join(refused.messages))
    return _retweeted(request, tweet, by=int(changed), retweeted=True)


@action
@with_tweet
def unretweet(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    return _retweeted(request, tweet, by=-tweets.unretweet(user=request.user, tweet=tweet), retweeted=False)


def _retweeted(request: MemberRequest, tweet: Tweet, *, by: int, retweeted: bool) -> HttpResponse:
    own = OwnChanges.of(request)
    own.add("retweet_count", tweet.pk, tweet.counts.retweet_count, by)
    own.add("tweet_count", request.user.pk, request.user.tweet_count, by)
    own.show_on([tweet])
    if request.htmx:
        response = render(request, "timelines/_retweeted.html", {"tweet": tweet, "retweeted": retweeted})
    else:
        response = go(request, f"{safe_next(request, tweet.get_absolute_url())}#t{tweet.pk}")
    own.remember(response)
    return response


@require_safe
@with_tweet
def menu(request: Request, tweet: Tweet) -> HttpResponse:
    """All that can be done with a post and has no button of its own."""
    user = viewer(request)
    may_edit = user is not None and not why_not_edit(tweet=tweet, by=user)
    return _menu(request, tweet, "What to do with this post", "timelines/_menu.html", may_edit=may_edit)


def _menu(request: Request, tweet: Tweet, heading: str, fragment: str, **context: bool) -> HttpResponse:
    # The buttons lead back to where the visitor came from: the menu's own address would offer the menu again.
    back = came_from(request, tweet.get_absolute_url())
    shown = {"tweet": tweet, "heading": heading, "fragment": fragment, "back": back, **context}
    response = render(request, fragment if request.htmx else "timelines/menu.html", shown)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@with_tweet
@paged
def retweets(request: Request, asked: Asked, tweet: Tweet) -> HttpResponse:
    """The people who retweeted it, as far as the viewer may see what they post, the latest first."""
    page = pages.retweets(tweet, viewer(request), asked)
    people = listed(request, [retweet.author for retweet in page.results])
    context = {"tweet": tweet, "page": page, "people": people}
    return people_paged(request, "timelines/retweets.html", "accounts/_people.html", context)


@require_safe
@with_tweet
@paged
def quotes(request: Request, asked: Asked, tweet: Tweet) -> HttpResponse:
    """The posts that quote this one, as far as the viewer may see them, the latest first."""
    return listing(request, "timelines/quotes.html", pages.quotes(tweet, viewer(request), asked), tweet=tweet)
