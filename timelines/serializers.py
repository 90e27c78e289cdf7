"""The shapes of tweets and their pages in the API: what comes in, what goes out."""

import datetime as dt
import re
from typing import Any, TypedDict

import orjson
from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework import serializers
from rest_framework.request import Request

from accounts.serializers import PageQuery, Site, StrictTextField, UserJson, user_json
from socialgraph.pagination import Page
from timelines.entries import Entry
from timelines.threads import Conversation, Item
from tweets.bodies import Kind, bodies
from tweets.cards import Card
from tweets.models import Tweet
from tweets.serializers import MediaJson, media_json

_SITE = salted_hmac("timelines.serializers", "site").hexdigest().encode()
"""Stands for the address of the site in what is kept; nobody knows it, so no text has it."""
AUTHOR_KEPT = ("id", "username", "display_name", "bio", "avatar_url", "verified", "protected", "created_at")
"""What is kept of an author's JSON; the counts are put in for each answer."""
KEPT = ("reply_to", "quote_of", "quote", "version", "created_at", "edited_at", "media")
"""What is kept of a tweet's JSON besides id, text and author. Nothing of a viewer's own may be among it."""


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
    media = serializers.ListField(child=IdField(), default=list)
    quote_of = IdField(default=None, allow_null=True)


class ConversationQuery(PageQuery):
    limit = serializers.IntegerField(min_value=1, max_value=settings.PAGE_SIZE_MAX, default=settings.THREAD_PAGE)


class QuoteJson(TypedDict):
    """What a tweet quotes, if the caller may see it."""

    id: str
    text: str
    author: dict[str, str]
    created_at: str


class RetweeterJson(TypedDict):
    id: str
    username: str
    display_name: str


class TweetJson(TypedDict):
    id: str
    text: str
    author: UserJson
    reply_to: str | None
    quote_of: str | None
    quote: QuoteJson | None
    version: int
    created_at: dt.datetime
    edited_at: dt.datetime | None
    like_count: int
    retweet_count: int
    reply_count: int
    quote_count: int
    liked: bool
    retweeted: bool
    bookmarked: bool
    retweeted_by: list[RetweeterJson]
    media: list[MediaJson]


class PageJson(TypedDict):
    results: list[TweetJson]
    next: str | None


class PlaceJson(TypedDict):
    """A place in the tree of a conversation. Without a tweet it says why: `deleted` or `hidden`."""

    id: str
    parent_id: str
    depth: int
    placeholder: str | None
    muted: str | None
    tweet: TweetJson | None


class ConversationJson(TypedDict):
    results: list[PlaceJson]
    next: str | None


def card_json(card: Card, request: Site, **others: object) -> orjson.Fragment | None:
    """As `tweet_json`, of a card, with `others` besides; None of one that was deleted meanwhile."""
    body = bodies(card.group, Kind.JSON, _halves).get(card.pk)
    if body is None:
        return None
    made = _card_bytes(card, body).replace(_SITE, _site(request))
    return orjson.Fragment(b"%b,%b" % (made[:-1], orjson.dumps(others)[1:]) if others else made)


_TRUTH = (b"false", b"true")


def _card_bytes(card: Card, body: tuple[bytes, bytes]) -> bytes:
    """With _SITE in it. What is put in between the halves are numbers, truths and names that orjson has written."""
    (before, after), counts = body, card.counts
    retweets = card.retweets
    by = orjson.dumps([_retweeter_json(entry) for entry in retweets]) if retweets else b"[]"
    return (
        b'%b"follower_count":%d,"following_count":%d,"tweet_count":%d%b"like_count":%d,"retweet_count":%d,'
        b'"reply_count":%d,"quote_count":%d,"liked":%b,"retweeted":%b,"bookmarked":%b,"retweeted_by":%b}'
    ) % (
        before,
        *card.author_counts,
        after,
        *(counts.like_count, counts.retweet_count, counts.reply_count, counts.quote_count),
        *(_TRUTH[card.liked], _TRUTH[card.retweeted], _TRUTH[card.bookmarked]),
        by,
    )


def _site(request: Site) -> bytes:
    """The beginning of addresses on this site, as it stands within a JSON string."""
    return orjson.dumps(request.build_absolute_uri("/").rstrip("/"))[1:-1]


class _AnySite:
    """In place of a request: what is kept is for all names that the site has."""

    def build_absolute_uri(self, location: str) -> str:
        return f"{_SITE.decode()}{location}" if location.startswith("/") else location


def _halves(card: Tweet) -> tuple[bytes, bytes]:
    """All of it but what differs from one page to the next: up to the counts of the author, and from there on."""
    tweet = tweet_json(card, _AnySite())
    author = {name: tweet["author"][name] for name in AUTHOR_KEPT}  # type: ignore[literal-required]
    rest = {name: tweet[name] for name in KEPT}  # type: ignore[literal-required]
    before, after = _dump({"id": tweet["id"], "text": tweet["text"], "author": author}), _dump(rest)
    return before[:-2] + b",", b"}," + after[1:-1] + b","


def _dump(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def tweet_json(tweet: Tweet, request: Site) -> TweetJson:
    """`tweet` is one of `tweets.selectors.cards`."""
    marks: Any = tweet  # the query adds `liked`, `bookmarked` and `pictures`, which the model does not know
    return {
        "id": str(tweet.pk),
        "text": tweet.text,
        "author": user_json(tweet.author, request),
        "reply_to": None if tweet.reply_to_id is None else str(tweet.reply_to_id),
        "quote_of": None if tweet.quote_of_id is None else str(tweet.quote_of_id),
        "quote": marks.quote and _quote_json(marks.quote),
        "version": tweet.version,
        "created_at": tweet.created_at,
        "edited_at": tweet.edited_at,
        "like_count": tweet.counts.like_count,
        "retweet_count": tweet.counts.retweet_count,
        "reply_count": tweet.counts.reply_count,
        "quote_count": tweet.counts.quote_count,
        "liked": marks.liked,
        "retweeted": marks.retweeted,
        "bookmarked": marks.bookmarked,
        "retweeted_by": [],  # it stands by itself, on no timeline
        "media": [media_json(picture, request) for picture in marks.pictures or ()],
    }


def _quote_json(quote: dict[str, Any]) -> QuoteJson:
    author = {"id": str(quote["author_id"]), "username": quote["username"], "display_name": quote["display_name"]}
    return {"id": str(quote["id"]), "text": quote["text"], "author": author, "created_at": quote["created_at"]}


def _retweeter_json(entry: Entry) -> RetweeterJson:
    return {"id": str(entry.author_id), "username": entry.username, "display_name": entry.display_name}


def page_json(page: Page[Tweet], request: Request) -> PageJson:
    return {"results": [tweet_json(tweet, request) for tweet in page.results], "next": page.next}


def cards_json(page: Page[Card], request: Site) -> orjson.Fragment:
    """As `page_json`, of a page of cards."""
    return orjson.Fragment(cards_bytes(page, request))


def cards_bytes(page: Page[Card], request: Site) -> bytes:
    """As it is sent."""
    made: dict[int, tuple[bytes, bytes]] = bodies(page.results[0].group, Kind.JSON, _halves) if page.results else {}
    results = b",".join([_card_bytes(card, made[card.pk]) for card in page.results if card.pk in made])
    return b'{"results":[%b],"next":%b}' % (results.replace(_SITE, _site(request)), orjson.dumps(page.next))


def conversation_json(page: Conversation, request: Request) -> ConversationJson:
    return {"results": [_place_json(item, request) for item in page.items], "next": page.next}


def _place_json(item: Item, request: Request) -> PlaceJson:
    return {
        "id": str(item.id),
        "parent_id": str(item.parent_id),
        "depth": item.depth,
        "placeholder": None if item.card else item.state.value,
        "muted": item.muted or None,
        "tweet": tweet_json(item.card, request) if item.card else None,
    }
