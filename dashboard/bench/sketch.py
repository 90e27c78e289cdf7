"""The least that a page of a home timeline can be, in Django on this server: what the product's page is compared with.

Redis is asked for whose token it is, for the newest ids and for finished cards; PostgreSQL, or nobody, for counts and
marks. There are no blocks, mutes, protected accounts, celebrities, retweets and further pages, and nothing notices that
a card, a name or a token is no longer true.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from knox.crypto import hash_token

from accounts.models import User
from socialgraph.redis import PAGE_TIMEOUT, timelines
from timelines.home import home_page
from timelines.serializers import cards_bytes
from timelines.store import Kind

PAGE = 50
KEPT = "sketch:"
"""What its keys in Redis begin with."""
CHANGING = ("like_count", "retweet_count", "reply_count", "quote_count", "liked", "bookmarked")
"""What is put in for each reader; whether they retweeted it is left out."""
_COUNTS_AND_MARKS = """
SELECT c.tweet_id, c.like_count, c.retweet_count, c.reply_count, c.quote_count,
    EXISTS(SELECT 1 FROM likes l WHERE l.user_id = %(me)s AND l.tweet_id = c.tweet_id OFFSET 0),
    EXISTS(SELECT 1 FROM bookmarks b WHERE b.user_id = %(me)s AND b.tweet_id = c.tweet_id OFFSET 0)
FROM tweet_counts c WHERE c.tweet_id = ANY(%(ids)s::bigint[])
"""
_TRUTH = (b"false", b"true")
_UNKNOWN = (0, 0, 0, 0, False, False)


class Site:
    """Where nobody asks from: addresses stay relative."""

    def build_absolute_uri(self, location: str) -> str:
        return location


def prepare(tokens: Iterable[tuple[User, str]]) -> None:
    """Keeps whose tokens these are, and the cards of their home timelines."""
    client = timelines()
    for user, token in tokens:
        client.set(KEPT + hash_token(token), user.pk)
        page = orjson.loads(cards_bytes(home_page(user, limit=PAGE), Site()))
        for card in page["results"]:
            kept = orjson.dumps({name: value for name, value in card.items() if name not in (*CHANGING, "retweeted")})
            client.set(KEPT + card["id"], kept[:-1])


def with_marks(request: HttpRequest) -> HttpResponse:
    """Three calls of Redis and one of PostgreSQL."""
    viewer_id, ids, cards = _stored(request)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS_AND_MARKS, {"me": viewer_id, "ids": "{" + ",".join(map(bytes.decode, ids)) + "}"})
        found = {tweet_id: rest for tweet_id, *rest in cursor.fetchall()}
    return _page([(card, found[int(tweet_id)]) for card, tweet_id in zip(cards, ids, strict=True)])


def without_marks(request: HttpRequest) -> HttpResponse:
    """Three calls of Redis, and nothing that differs by the reader."""
    _, _, cards = _stored(request)
    return _page([(card, _UNKNOWN) for card in cards])


def _stored(request: HttpRequest) -> tuple[int, list[bytes], list[bytes]]:
    client: Any = timelines(PAGE_TIMEOUT)
    token = request.headers["Authorization"].removeprefix("Token ")
    viewer_id = int(client.get(KEPT + hash_token(token)))
    ids = [each for each in client.lrange(Kind.HOME.key(viewer_id), -PAGE, -1)[::-1] if each.isdigit()]
    return viewer_id, ids, client.mget([KEPT.encode() + tweet_id for tweet_id in ids])


def _page(cards: list[tuple[bytes, Any]]) -> HttpResponse:
    results = b",".join(
        b'%b,"like_count":%d,"retweet_count":%d,"reply_count":%d,"quote_count":%d,"liked":%b,"bookmarked":%b}'
        % (card, *counts, _TRUTH[liked], _TRUTH[bookmarked])
        for card, (*counts, liked, bookmarked) in cards
    )
    return HttpResponse(b'{"results":[%b]}' % results, content_type="application/json")
