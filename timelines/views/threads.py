"""A post with what it answers above it and the conversation below it."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import User
from socialgraph.pagination import InvalidCursor
from timelines import pages
from timelines.forms import PostForm
from timelines.pages import Asked
from timelines.threads import conversation, lay_out, merged
from timelines.views.errors import error
from timelines.views.http import Request, go, paged, viewer
from timelines.views.own_changes import OwnChanges
from tweets.conversations import gone
from tweets.models import Tweet
from tweets.selectors import may_see
from tweets.threads import is_flat


@require_safe
@paged
def tweet(request: Request, asked: Asked, tweet_id: int) -> HttpResponse:
    """The page of one post. A deleted one is 410, with a line in its place and the conversation around it."""
    user = viewer(request)
    about = Tweet.objects.filter(pk=tweet_id, deleted_at=None).first() or _gone(user, tweet_id)
    if about.retweet_of_id is not None:
        return go(request, reverse("tweet", args=[_original(user, about)]))
    if not request.GET.get("limit"):
        asked = Asked(asked.cursor, settings.THREAD_PAGE)
    try:
        found = conversation(about, user, asked)
    except InvalidCursor:
        if about.deleted_at is None and not may_see(user, tweet_id):
            raise Http404 from None
        told = "The post that this page goes on from is no longer in this conversation."
        return error(request, 400, "This page does not exist", told, first_page=request.path)
    is_erased = about.author_id is None  # that it was there may be told by an answer only
    if found.card is None and about.deleted_at is None and not (is_erased and found.cards):
        raise Http404
    OwnChanges.of(request).show_on(found.cards)
    lay_out(found.items, about)
    if request.htmx and (first := next((item for item in found.items if item.card and not item.muted), None)):
        first.takes_focus = True
    context = {
        "tweet": found.card,
        "about": about,
        "above": found.above,
        "lines": merged(found.items),
        "next": found.next,
        "is_first": asked.cursor is None,
        "is_last_level": is_flat(about.thread_path),
        "form": PostForm.blank(request),
    }
    template = "timelines/_thread.html" if request.htmx else "timelines/tweet.html"
    response = render(request, template, context, status=200 if found.card or request.htmx else 410)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _original(user: User | None, retweet: Tweet) -> int:
    """Raises Http404 where the viewer may not see both."""
    original_id = pages.retweeted_by(retweet.pk, user)
    if original_id is None:
        raise Http404
    return original_id


def _gone(user: User | None, tweet_id: int) -> Tweet:
    """Raises Http404 for what never was, or what the viewer may not know of."""
    found = gone(user, tweet_id)
    if found is None:
        raise Http404
    return found
