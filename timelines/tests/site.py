"""People in front of the pages: clients that are logged in, with and without htmx, and what their pages show."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Protocol

from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from tweets import services
from tweets.models import Tweet

HTMX = {"HX-Request": "true"}
_CARD = re.compile(r'<article class="card" id="t(\d+)"')
_MORE = re.compile(r'<p class="more"><a [^>]*href="([^"]+)"')


class Response(Protocol):
    status_code: int
    headers: Any

    @property
    def content(self) -> bytes: ...


def person(username: str, **fields: Any) -> User:
    user: User = UserFactory.create(username=username, **fields)
    return user


def logged_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def post(author: User, text: str = "Hello.", reply_to: Tweet | None = None) -> Tweet:
    return services.post_tweet(author=author, text=text, reply_to=reply_to).tweet


def posts(author: User, count: int) -> list[int]:
    """Ids, newest first."""
    return [post(author, f"Number {n}.").pk for n in range(count)][::-1]


def html(response: Response) -> str:
    return response.content.decode()


def card_ids(response: Response) -> list[int]:
    return [int(tweet_id) for tweet_id in _CARD.findall(html(response))]


def walk(client: Client, path: str, headers: dict[str, str] | None = None) -> Iterator[list[int]]:
    """The ids of each page, following "load more" to the end."""
    more = path
    while more:
        response = client.get(more, headers=headers if more != path else None)
        assert response.status_code == 200
        yield card_ids(response)
        link = _MORE.search(html(response))
        more = f"{path}{unescape(link[1])}" if link else ""
