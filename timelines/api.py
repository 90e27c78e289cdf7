"""Tweets, what people mark them with, and the pages they stand on."""

import re
from dataclasses import replace

from django.http import Http404
from django.urls import path
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import caller, user_with_id
from accounts.models import User
from socialgraph.problems import Gone
from socialgraph.throttles import PostThrottle, RequestThrottle
from timelines.home import home_page, visit
from timelines.pages import Asked, bookmarked, replies, tweet_card, user_timeline
from timelines.serializers import NewTweet, PageQuery, page_json, tweet_json
from tweets.models import PostKey, Tweet
from tweets.selectors import cards
from tweets.services import bookmark, delete_tweet, like, post_tweet, unbookmark, unlike

A_KEY = re.compile(f"[!-~]{{1,{PostKey.KEY_LENGTH}}}")


def viewer_of(request: Request) -> User | None:
    """Who is asking; None for somebody without an account."""
    return request.user if isinstance(request.user, User) else None


def tweet_with_id(tweet_id: int) -> Tweet:
    """One query. Raises Http404, also for a deleted tweet."""
    tweet = Tweet.objects.filter(pk=tweet_id, deleted_at=None).first()
    if tweet is None:
        raise Http404("There is no such tweet, or it was deleted.")
    return tweet


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
            return Response(page_json(home_page(viewer, before=page.cursor, limit=page.limit), request))
        owners = home_page(user_with_id(user_id), before=page.cursor, limit=page.limit)
        seen = cards(viewer).filter(pk__in=[tweet.pk for tweet in owners.results]).order_by("-id")
        return Response(page_json(replace(owners, results=list(seen)), request))


class UserTweets(APIView):
    def get(self, request: Request, user_id: int) -> Response:
        page = asked(request)
        return Response(page_json(user_timeline(user_with_id(user_id), viewer_of(request), page), request))


class Tweets(APIView):
    permission_classes = (IsAuthenticated,)
    throttle_classes = (RequestThrottle, PostThrottle)

    def post(self, request: Request) -> Response:
        new = NewTweet(data=request.data)
        new.is_valid(raise_exception=True)
        key = _idempotency_key(request)
        reply_to = _replied_to(new.validated_data["reply_to"])
        posted = post_tweet(author=caller(request), text=new.validated_data["text"], reply_to=reply_to, key=key)
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


def _replied_to(tweet_id: int | None) -> Tweet | None:
    """A deleted tweet too: the service refuses it, unless the Idempotency-Key answers an earlier request."""
    if tweet_id is None:
        return None
    tweet = Tweet.objects.filter(pk=tweet_id).first()
    if tweet is None:
        raise ValidationError({"reply_to": ["There is no such tweet."]})
    return tweet


class TweetDetail(APIView):
    def get(self, request: Request, tweet_id: int) -> Response:
        tweet = tweet_card(viewer_of(request), tweet_id)
        if tweet is None:
            raise Http404("There is no such tweet, or it was deleted.")
        return Response(tweet_json(tweet, request))

    def delete(self, request: Request, tweet_id: int) -> Response:
        delete_tweet(tweet=tweet_with_id(tweet_id), by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Replies(APIView):
    """Oldest first, as a conversation is read."""

    def get(self, request: Request, tweet_id: int) -> Response:
        page = asked(request)
        return Response(page_json(replies(tweet_with_id(tweet_id), viewer_of(request), page), request))


class TweetLike(APIView):
    def post(self, request: Request, tweet_id: int) -> Response:
        return Response({"liked": True, "changed": like(user=caller(request), tweet=tweet_with_id(tweet_id))})

    def delete(self, request: Request, tweet_id: int) -> Response:
        return Response({"liked": False, "changed": unlike(user=caller(request), tweet=tweet_with_id(tweet_id))})


class TweetBookmark(APIView):
    def post(self, request: Request, tweet_id: int) -> Response:
        changed = bookmark(user=caller(request), tweet=tweet_with_id(tweet_id))
        return Response({"bookmarked": True, "changed": changed})

    def delete(self, request: Request, tweet_id: int) -> Response:
        changed = unbookmark(user=caller(request), tweet=tweet_with_id(tweet_id))
        return Response({"bookmarked": False, "changed": changed})


class Bookmarks(APIView):
    """The caller's own, last bookmarked first."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response(page_json(bookmarked(caller(request), asked(request)), request))


urlpatterns = [
    path("users/<int:user_id>/timeline", HomeTimeline.as_view()),
    path("users/<int:user_id>/tweets", UserTweets.as_view()),
    path("tweets", Tweets.as_view()),
    path("tweets/<int:tweet_id>", TweetDetail.as_view()),
    path("tweets/<int:tweet_id>/replies", Replies.as_view()),
    path("tweets/<int:tweet_id>/like", TweetLike.as_view()),
    path("tweets/<int:tweet_id>/bookmark", TweetBookmark.as_view()),
    path("bookmarks", Bookmarks.as_view()),
]
