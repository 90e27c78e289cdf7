"""Tweets, what people mark them with, and the pages they stand on."""

import re
from collections.abc import Callable

from django.core.exceptions import PermissionDenied as PermissionRefused
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import caller, user_with_id
from accounts.models import User
from accounts.selectors import relationship
from accounts.serializers import PageQuery
from socialgraph.problems import Gone
from socialgraph.throttles import PostThrottle, RequestThrottle
from timelines import express
from timelines.api_editing import Editing
from timelines.home import home_page, visit
from timelines.pages import Asked, quotes, replies, tweet_card, user_timeline
from timelines.serializers import (
    ConversationQuery,
    NewTweet,
    cards_bytes,
    cards_json,
    conversation_json,
    page_json,
    tweet_json,
)
from timelines.threads import below
from tweets.conversations import gone
from tweets.models import PostKey, Tweet
from tweets.selectors import is_author_seen_by, may_see
from tweets.services import delete_tweet, like, post_tweet, retweet, unlike, unretweet

A_KEY = re.compile(f"[!-~]{{1,{PostKey.KEY_LENGTH}}}")


def viewer_of(request: Request) -> User | None:
    """Who is asking; None for somebody without an account."""
    return request.user if isinstance(request.user, User) else None


NO_TWEET = "There is no such tweet, or it was deleted."


def tweet_with_id(tweet_id: int, viewer: User | None) -> Tweet:
    """One query. Raises Http404, also for what was deleted and for what the viewer may not see."""
    tweets = Tweet.objects.filter(is_author_seen_by(viewer), pk=tweet_id, deleted_at=None, retweet_of=None)
    tweet = tweets.select_related("author").first()
    if tweet is None:
        raise Http404(NO_TWEET)
    return tweet


def mark(request: Request, tweet_id: int, do: Callable[..., bool]) -> bool:
    """What `do` does to a tweet. Raises Http404 where the caller may not see it."""
    try:
        return do(user=caller(request), tweet=Tweet(pk=tweet_id))
    except PermissionRefused as error:
        raise Http404(NO_TWEET) from error


def unmark(request: Request, tweet_id: int, undo: Callable[..., bool]) -> bool:
    """Take back what was done to a tweet, also where it can no longer be seen. Raises Http404 for unseen others."""
    changed = undo(user=caller(request), tweet=Tweet(pk=tweet_id))
    if not changed and not may_see(caller(request), tweet_id):
        raise Http404(NO_TWEET)
    return changed


def asked(request: Request) -> Asked:
    """Which page. Raises ValidationError or InvalidCursor."""
    query = PageQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    return Asked(**query.validated_data)


class HomeTimeline(APIView):
    """`liked` and `bookmarked` are the caller's own, also when staff look at somebody else's timeline."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, user_id: int) -> Response:
        viewer = caller(request)
        if user_id != viewer.pk and not viewer.is_staff:
            raise PermissionDenied("A home timeline is for its owner.")
        page = asked(request)
        if user_id == viewer.pk:
            visit(viewer)
            return Response(cards_json(home_page(viewer, before=page.cursor, limit=page.limit), request))
        owners = home_page(user_with_id(user_id), before=page.cursor, limit=page.limit, shown_to=viewer)
        return Response(cards_json(owners, request))


def home_timeline(request: HttpRequest, user_id: int) -> HttpResponse:
    """`HomeTimeline`, for whom the REST framework would take longer than the page does."""
    accept = request.headers.get("Accept", "*/*")
    if request.method == "GET" and ("*/*" in accept or "application/json" in accept):
        page = express.by_token(request, user_id)
        if page is not None:
            return HttpResponse(cards_bytes(page, request), "application/json", headers={"Allow": "GET, HEAD, OPTIONS"})
    response: HttpResponse = _ordinary_home_timeline(request, user_id=user_id)
    return response


_ordinary_home_timeline = HomeTimeline.as_view()


class UserTweets(APIView):
    def get(self, request: Request, user_id: int) -> Response:
        page, author, viewer = asked(request), user_with_id(user_id), viewer_of(request)
        if not relationship(viewer, author).may_read:
            raise PermissionDenied("What this account posts is not shown to you.")
        return Response(cards_json(user_timeline(author, viewer, page), request))


class Tweets(APIView):
    permission_classes = (IsAuthenticated,)
    throttle_classes = (RequestThrottle, PostThrottle)

    def post(self, request: Request) -> Response:
        new = NewTweet(data=request.data)
        new.is_valid(raise_exception=True)
        key = _idempotency_key(request)
        posted = post_tweet(
            author=caller(request),
            text=new.validated_data["text"],
            reply_to=_named(new.validated_data["reply_to"], "reply_to"),
            quote_of=_named(new.validated_data["quote_of"], "quote_of"),
            media_ids=new.validated_data["media"],
            key=key,
        )
        tweet = tweet_card(caller(request), posted.tweet.pk)
        if tweet is None:
            raise Gone("This Idempotency-Key posted a tweet that was deleted since.")
        return Response(
            tweet_json(tweet, request),
            status=status.HTTP_201_CREATED if posted.created else status.HTTP_200_OK,
            headers={"Location": request.build_absolute_uri(f"/api/tweets/{tweet.pk}")},
        )


def _idempotency_key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "")
    if key and not A_KEY.fullmatch(key):
        rule = f"Use 1 to {PostKey.KEY_LENGTH} letters, digits and signs of ASCII, without spaces."
        raise ValidationError({"Idempotency-Key": [rule]})
    return key


def _named(tweet_id: int | None, field: str) -> Tweet | None:
    """A deleted tweet too: the service refuses it, unless the Idempotency-Key answers an earlier request."""
    if tweet_id is None:
        return None
    tweet = Tweet.objects.filter(pk=tweet_id).select_related("author").first()
    if tweet is None:
        raise ValidationError({field: ["There is no such tweet."]})
    return tweet


class TweetDetail(Editing):
    def get(self, request: Request, tweet_id: int) -> Response:
        tweet = tweet_card(viewer_of(request), tweet_id)
        if tweet is None:
            raise Http404("There is no such tweet, or it was deleted.")
        return Response(tweet_json(tweet, request))

    def delete(self, request: Request, tweet_id: int) -> Response:
        delete_tweet(tweet=tweet_with_id(tweet_id, caller(request)), by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Replies(APIView):
    """Oldest first, as a conversation is read."""

    def get(self, request: Request, tweet_id: int) -> Response:
        viewer, page = viewer_of(request), asked(request)
        if not may_see(viewer, tweet_id):
            raise Http404("There is no such tweet, or it was deleted.")
        return Response(page_json(replies(tweet_id, viewer, page), request))


class Conversation(APIView):
    """What stands below a tweet, answers right below what they answer; around a deleted tweet too."""

    def get(self, request: Request, tweet_id: int) -> Response:
        query = ConversationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        viewer = viewer_of(request)
        tweet = tweet_card(viewer, tweet_id) or gone(viewer, tweet_id)
        found = None if tweet is None else below(tweet, viewer, Asked(**query.validated_data))
        if found is None or (tweet is not None and tweet.author_id is None and not found.cards):
            raise Http404("There is no such tweet.")
        return Response(conversation_json(found, request))


class TweetLike(APIView):
    def post(self, request: Request, tweet_id: int) -> Response:
        return Response({"liked": True, "changed": mark(request, tweet_id, like)})

    def delete(self, request: Request, tweet_id: int) -> Response:
        return Response({"liked": False, "changed": unmark(request, tweet_id, unlike)})


class TweetRetweet(APIView):
    """Repeating it changes nothing, as with likes."""

    def post(self, request: Request, tweet_id: int) -> Response:
        changed = retweet(user=caller(request), tweet=tweet_with_id(tweet_id, caller(request)))
        return Response({"retweeted": True, "changed": changed})

    def delete(self, request: Request, tweet_id: int) -> Response:
        return Response({"retweeted": False, "changed": unmark(request, tweet_id, unretweet)})


class Quotes(APIView):
    """Latest first."""

    def get(self, request: Request, tweet_id: int) -> Response:
        viewer = viewer_of(request)
        page = quotes(tweet_with_id(tweet_id, viewer), viewer, asked(request))
        return Response(page_json(page, request))


urlpatterns = [
    path("users/<int:user_id>/timeline", csrf_exempt(home_timeline)),
    path("users/<int:user_id>/tweets", UserTweets.as_view()),
    path("tweets", Tweets.as_view()),
    path("tweets/<tweet_id:tweet_id>", TweetDetail.as_view()),
    path("tweets/<tweet_id:tweet_id>/replies", Replies.as_view()),
    path("tweets/<tweet_id:tweet_id>/conversation", Conversation.as_view()),
    path("tweets/<tweet_id:tweet_id>/like", TweetLike.as_view()),
    path("tweets/<tweet_id:tweet_id>/retweet", TweetRetweet.as_view()),
    path("tweets/<tweet_id:tweet_id>/quotes", Quotes.as_view()),
]
