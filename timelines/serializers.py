"""The shapes of tweets and their pages in the API: what comes in, what goes out."""

import datetime as dt
import re
from typing import Any, TypedDict

from django.conf import settings
from django.core.files.storage import default_storage
from rest_framework import serializers
from rest_framework.request import Request

from accounts.serializers import StrictTextField, UserJson, user_json
from socialgraph.pagination import Page, decode_cursor
from tweets.models import Tweet


class IdField(serializers.Field[int, str | int, str, object]):
    """An id: a string of digits, or a number whose sender knows that it is exact."""

    default_error_messages = {"invalid": "Not an id: send the digits as a string."}

    def to_internal_value(self, data: object) -> int:
        if isinstance(data, str) and re.fullmatch("[0-9]{1,19}", data):
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class NewTweet(serializers.Serializer[Tweet]):
    """Types only: `services.post_tweet` knows what a good text is."""

    text = StrictTextField()
    reply_to = IdField(default=None, allow_null=True)


class PageQuery(serializers.Serializer[object]):
    """`?limit=&cursor=` of every page; `validated_data["cursor"]` is the row id to go on from, or None."""

    limit = serializers.IntegerField(min_value=1, max_value=settings.PAGE_SIZE_MAX, default=settings.PAGE_SIZE)
    cursor = serializers.CharField(default="", allow_blank=True)

    def validate_cursor(self, cursor: str) -> int | None:
        return decode_cursor(cursor)


class MediaJson(TypedDict):
    url: str
    width: int
    height: int
    alt: str


class TweetJson(TypedDict):
    id: str
    text: str
    author: UserJson
    reply_to: str | None
    created_at: dt.datetime
    like_count: int
    retweet_count: int
    reply_count: int
    quote_count: int
    liked: bool
    bookmarked: bool
    media: list[MediaJson]


class PageJson(TypedDict):
    results: list[TweetJson]
    next: str | None


def tweet_json(tweet: Tweet, request: Request) -> TweetJson:
    """`tweet` is one of `tweets.selectors.cards`."""
    marks: Any = tweet  # the query adds `liked`, `bookmarked` and `pictures`, which the model does not know
    return {
        "id": str(tweet.pk),
        "text": tweet.text,
        "author": user_json(tweet.author, request),
        "reply_to": None if tweet.reply_to_id is None else str(tweet.reply_to_id),
        "created_at": tweet.created_at,
        "like_count": tweet.counts.like_count,
        "retweet_count": tweet.counts.retweet_count,
        "reply_count": tweet.counts.reply_count,
        "quote_count": tweet.counts.quote_count,
        "liked": marks.liked,
        "bookmarked": marks.bookmarked,
        "media": [_media_json(picture, request) for picture in marks.pictures or ()],
    }


def _media_json(picture: dict[str, Any], request: Request) -> MediaJson:
    return {
        "url": request.build_absolute_uri(default_storage.url(picture["name"])),
        "width": picture["width"],
        "height": picture["height"],
        "alt": picture["alt"],
    }


def page_json(page: Page[Tweet], request: Request) -> PageJson:
    return {"results": [tweet_json(tweet, request) for tweet in page.results], "next": page.next}
