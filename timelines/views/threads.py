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
from tweets.threads import is_flat


@require_safe
@paged
def tweet(request: Request, asked: Asked, tweet_id: int) -> HttpResponse:
    """The page of one post. A deleted one is 410, with a line in its place and the conversation around it."""
    user = viewer(request)
    shown = pages.tweet_card(user, tweet_id)
    if shown is None and (original_id := pages.retweeted_by(tweet_id, user)) is not None:
        return go(request, reverse("tweet", args=[original_id]))
    about = shown or _gone(user, tweet_id)
    if not request.GET.get("limit"):
        asked = Asked(asked.cursor, settings.THREAD_PAGE)
    try:
        found = conversation(about, user, asked)
    except InvalidCursor:
        told = "The post that this page goes on from is no longer in this conversation."
        return error(request, 400, "This page does not exist", told, first_page=request.path)
    if about.author_id is None and not found.cards:
        raise Http404  # an erased post: that it was there may be told by an answer only
    OwnChanges.of(request).show_on([shown, *found.cards] if shown else found.cards)
    lay_out(found.items, about)
    if request.htmx and (first := next((item for item in found.items if item.card and not item.muted), None)):
        first.takes_focus = True
    context = {
        "tweet": shown,
        "about": about,
        "above": found.above,
        "lines": merged(found.items),
        "next": found.next,
        "is_first": asked.cursor is None,
        "is_last_level": is_flat(about.thread_path),
        "form": PostForm.blank(request),
    }
    template = "timelines/_thread.html" if request.htmx else "timelines/tweet.html"
    response = render(request, template, context, status=200 if shown or request.htmx else 410)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _gone(user: User | None, tweet_id: int) -> Tweet:
    """Raises Http404 for what never was, or what the viewer may not know of."""
    found = gone(user, tweet_id)
    if found is None:
        raise Http404
    return found
