"""Writing and deleting posts. A text that is refused comes back as it was typed, with the reason beside it."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from timelines import pages
from timelines.forms import PostForm
from timelines.views.drafts import hold_back
from timelines.views.http import MemberRequest, action, go, members_only, safe_next, with_tweet
from timelines.views.own_changes import OwnChanges
from tweets.conversations import stands_within
from tweets.models import Tweet
from tweets.services import Posted, delete_tweet, discard, forget_draft, post_tweet


@members_only
def compose(request: MemberRequest) -> HttpResponse:
    """The composer as a page of its own, and what the composer on the home page sends."""
    form = PostForm.sent(request) if request.method == "POST" else PostForm.blank(request, next=reverse("home"))
    if held := hold_back(request, form):
        return held
    posted = _post(request, form)
    if posted is None:
        return _composer(request, form)
    own = OwnChanges.of(request)
    own.add("tweet_count", request.user.pk, request.user.tweet_count, int(posted.created))
    response = _posted(request, posted.tweet) if request.htmx else go(request, safe_next(request, reverse("home")))
    own.remember(response)
    return response


@members_only
@with_tweet
def reply(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """As `compose`, for an answer to a tweet."""
    form = PostForm.sent(request) if request.method == "POST" else PostForm.blank(request)
    if held := hold_back(request, form, reply_to=tweet):
        return held
    posted = _post(request, form, reply_to=tweet)
    own = OwnChanges.of(request)
    if posted is None:
        own.show_on([tweet])
        return _composer(request, form, tweet=tweet)
    own.add("reply_count", tweet.pk, tweet.counts.reply_count, int(posted.created))
    own.add("tweet_count", request.user.pk, request.user.tweet_count, int(posted.created))
    own.show_on([tweet])
    response = _posted(request, posted.tweet, tweet) if request.htmx else go(request, _place_of(posted.tweet, tweet))
    own.remember(response)
    return response


@members_only
@with_tweet
def quote(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """As `compose`, for a post that shows another one; always a page of its own."""
    form = PostForm.sent(request) if request.method == "POST" else PostForm.blank(request)
    if held := hold_back(request, form, quote_of=tweet):
        return held
    posted = _post(request, form, quote_of=tweet)
    if posted is None:
        shown = {"form": form, "quoted": tweet}
        return render(request, "timelines/compose.html", shown, status=_status(request, form))
    own = OwnChanges.of(request)
    own.add("quote_count", tweet.pk, tweet.counts.quote_count, int(posted.created))
    own.add("tweet_count", request.user.pk, request.user.tweet_count, int(posted.created))
    response = go(request, posted.tweet.get_absolute_url())
    own.remember(response)
    return response


def _post(
    request: MemberRequest, form: PostForm, reply_to: Tweet | None = None, quote_of: Tweet | None = None
) -> Posted | None:
    """None when nothing is posted yet; a form that was sent then says why."""
    if not form.is_valid() or form.is_unfinished:
        return None
    try:
        posted = post_tweet(
            author=request.user,
            text=form.cleaned_data["text"],
            reply_to=reply_to,
            quote_of=quote_of,
            key=form.posting_key,
            media_ids=[media.pk for media in form.pictures],
        )
    except ValidationError as error:
        form.refuse(error)
        return None
    if posted.tweet.deleted_at is not None:
        form.ask_again("You posted this and deleted it since. Send it once more to post it anew.")
        return None
    if not posted.created:
        for media in form.waiting:  # sent a second time with the form
            discard(media=media)
    forget_draft(author=request.user, draft_id=form.cleaned_data["draft"])
    return posted


def _composer(request: MemberRequest, form: PostForm, tweet: Tweet | None = None) -> HttpResponse:
    template = "timelines/_composer.html" if request.htmx else "timelines/compose.html"
    return render(request, template, {"form": form, "tweet": tweet}, status=_status(request, form))


def _status(request: MemberRequest, form: PostForm) -> int:
    """Of an answer that has the composer in it. htmx takes it for a new card unless it is an error."""
    return 422 if form.errors or (form.is_bound and request.htmx) else 200


def _posted(request: MemberRequest, posted: Tweet, reply_to: Tweet | None = None) -> HttpResponse:
    """For htmx: the new card, and an empty composer in the place of the one that was sent."""
    card = pages.tweet_card(request.user, posted.pk)
    if card is None:
        raise Http404
    form = PostForm.blank(request, next=safe_next(request, reverse("home")))
    # Behind replies that are not on the page yet it must not be scrolled to: they would come, and push it away.
    takes_focus = reply_to is not None and stands_within(posted, reply_to, settings.THREAD_PAGE)
    shown = {"card": card, "tweet": reply_to, "form": form, "takes_focus": takes_focus}
    return render(request, "timelines/_posted.html", shown)


def _place_of(reply: Tweet, tweet: Tweet) -> str:
    """Where the new reply stands: on the first page below what it answers, else on its own, which shows that above."""
    page = tweet if stands_within(reply, tweet, settings.THREAD_PAGE) else reply
    return f"{page.get_absolute_url()}#t{reply.pk}"


@action
@with_tweet
def delete(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    is_gone = delete_tweet(tweet=tweet, by=request.user)
    own = OwnChanges.of(request)
    own.add("tweet_count", tweet.author_id, tweet.author.tweet_count, -int(is_gone))
    response = _deleted(request, tweet)
    own.remember(response)
    return response


def _deleted(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """Back to the list that the tweet stood on, or away from its own page; for htmx a line in its place."""
    profile = tweet.author.get_absolute_url()
    page = safe_next(request, profile)
    is_own_page = page.startswith(tweet.get_absolute_url())
    if request.htmx and not is_own_page:
        return render(request, "timelines/_deleted.html")
    messages.success(request, "Your post was deleted.")
    return go(request, profile if is_own_page else page)
