"""Editing a post, and the page of all that it has said."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from timelines.views.errors import error
from timelines.views.http import MemberRequest, Request, came_from, go, members_only, safe_next, with_tweet
from tweets.history import versions_of
from tweets.models import Media, Tweet
from tweets.services import edit_tweet, edit_window, editable_until, why_not_edit

WRONG = "This post cannot be edited"


@dataclass
class Words:
    """What the form holds: the post's words, or those that its author typed."""

    text: str
    alts: list[str]
    refusal: str = ""
    is_final: bool = False
    """Nothing that one could type would be taken."""


@members_only
@with_tweet
def edit(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """A form, which the browser sends by itself. What is refused comes back as it was typed."""
    images = list(Media.objects.filter(tweet=tweet).order_by("position")) if tweet.media_count else []
    if request.method != "POST":
        if refusal := why_not_edit(tweet=tweet, by=request.user):
            return error(request, 403, WRONG, refusal)
        return _form(request, tweet, images, Words(tweet.text, [image.alt for image in images]))
    words = Words(request.POST.get("text", ""), request.POST.getlist("alt"))
    try:
        changed = edit_tweet(tweet=tweet, by=request.user, text=words.text, alts=words.alts)
    except ValidationError as refused:
        words.refusal = " ".join(refused.messages)
    except PermissionDenied as refused:
        if tweet.author_id != request.user.pk:
            return error(request, 403, WRONG, str(refused))
        words.refusal, words.is_final = f"{refused} What you wrote is still here to copy.", True
    else:
        messages.success(request, "Your edit is saved." if changed else "Nothing was changed.")
        return go(request, f"{safe_next(request, tweet.get_absolute_url())}#t{tweet.pk}")
    return _form(request, tweet, images, words)


def _form(request: MemberRequest, tweet: Tweet, images: list[Media], words: Words) -> HttpResponse:
    words.alts += [""] * (len(images) - len(words.alts))
    shown = {
        "tweet": tweet,
        "words": words,
        "images": list(zip(images, words.alts, strict=False)),
        "until": editable_until(tweet),
        "window": edit_window(),
        "text_max": settings.TWEET_TEXT_MAX,
        "alt_max": Media.ALT_MAX,
        "next": safe_next(request, came_from(request, tweet.get_absolute_url())),
    }
    status = 403 if words.is_final else 422 if words.refusal else 200
    return render(request, "timelines/edit.html", shown, status=status)


@require_safe
@with_tweet
def history(request: Request, tweet: Tweet) -> HttpResponse:
    """All versions, the newest first, for whoever may see the post."""
    return render(request, "timelines/history.html", {"tweet": tweet, "versions": versions_of(tweet)})
