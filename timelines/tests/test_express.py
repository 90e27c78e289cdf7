"""Home in one query: the same as in the ordinary way, for whom it is, and only as long as they may ask."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import get_token_model
from pytest_django import Settings
from redis.connection import Connection

from accounts import services as accounts
from accounts.models import User
from accounts.tests.clients import client_of
from socialgraph import events
from timelines import express, store
from timelines.store import Kind
from timelines.tests.site import HTMX, html, logged_in, person, post
from tweets import services

pytestmark = pytest.mark.django_db
CHANCE = re.compile(r'(name="(?:csrfmiddlewaretoken|key)" value=)"[^"]+"')


@pytest.fixture
def ada() -> User:
    return person("ada", display_name="Ada & <Co>")


@pytest.fixture
def reader(ada: User) -> User:
    """Follows Ada and Carol; among what they see is a reply, a quote, a mention and two retweets."""
    bob, carol, dan = person("bob", display_name="Bob's <i>"), person("carol"), person("dan", display_name="D & N")
    for followed in (ada, carol):
        accounts.follow(follower=bob, followee=followed)
    first = post(ada, "Bread. @bob <b>")
    post(carol, "Jam.", reply_to=first)
    services.post_tweet(author=carol, text="So it is.", quote_of=first)
    strange = post(dan, "From afar.")
    for author in (ada, carol):
        services.retweet(user=author, tweet=strange)
    post(bob, "My own.")
    services.like(user=bob, tweet=first)
    services.bookmark(user=bob, tweet=strange)
    events.drain()
    return bob


@pytest.fixture
def ordinarily(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on there is no express way."""

    def close() -> None:
        monkeypatch.setattr(express, "_read", lambda *args, **options: None)

    return close


def page(client: Client, path: str, **options: Any) -> tuple[str, dict[str, str]]:
    response = client.get(path, **options)
    assert response.status_code == 200
    return CHANCE.sub(r"\1", html(response)), dict(response.headers)


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("query", ["", "?limit=3", "?limit=1&cursor={next}", "?cursor={next}"])
@pytest.mark.parametrize("fields", [{}, {"is_staff": True}, {"preferences": {"undo_send_seconds": 10}}])
def test_the_page_is_that_of_the_ordinary_way(
    reader: User, ordinarily: Callable[[], None], headers: dict[str, str], query: str, fields: dict[str, Any]
) -> None:
    User.objects.filter(pk=reader.pk).update(**fields)
    client = logged_in(reader)
    path = "/" + query.format(next=client_of(reader).get(f"/api/users/{reader.pk}/timeline?limit=1").json()["next"])
    client.get(path)
    client.get(path, headers=headers)  # from here on the frame is kept
    with CaptureQueriesContext(connection) as queries:
        quick = page(client, path, headers=headers)
    assert len(queries) == 1
    ordinarily()
    assert quick == page(client, path, headers=headers)
    assert quick[0].count("<article") >= 1


@pytest.mark.parametrize("query", ["", "?limit=2", "?limit=1&cursor={next}"])
def test_the_answer_is_that_of_the_ordinary_way(reader: User, ordinarily: Callable[[], None], query: str) -> None:
    client = client_of(reader)
    address = f"/api/users/{reader.pk}/timeline"
    address += query.format(next=client.get(f"{address}?limit=1").json()["next"])
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        quick = client.get(address)
    assert len(queries) == 1
    ordinarily()
    slow = client.get(address)
    assert (quick.status_code, quick.content, dict(quick.headers)) == (200, slow.content, dict(slow.headers))
    assert len(quick.json()["results"]) >= 1


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Everything that is sent to a Redis server, one item each time."""
    sent: list[object] = []
    send = Connection.send_packed_command

    def counted(self: Connection, command: Any, check_health: bool = True) -> None:
        sent.append(command)
        send(self, command, check_health)  # type: ignore[no-untyped-call]  # the library is half typed

    monkeypatch.setattr(Connection, "send_packed_command", counted)
    return sent


def test_a_warm_page_takes_three_round_trips_and_one_query(
    reader: User, trips: list[object], settings: Settings
) -> None:
    settings.THROTTLES = True
    browser, program = logged_in(reader), client_of(reader)
    asks: list[Callable[[], Any]] = [
        lambda: browser.get("/?limit=50"),
        lambda: program.get(f"/api/users/{reader.pk}/timeline?limit=50"),
    ]
    for ask in asks:
        ask()
        ask()
        trips.clear()
        with CaptureQueriesContext(connection) as queries:
            assert ask().status_code == 200
        assert len(queries) == 1
        assert 1 <= len(trips) <= 3


class TestTokens:
    """That a process knows whose token it was lets nobody in."""

    @pytest.fixture
    def address(self, reader: User) -> str:
        return f"/api/users/{reader.pk}/timeline"

    def test_a_revoked_one(self, reader: User, address: str) -> None:
        client = client_of(reader)
        assert [client.get(address).status_code for _ in range(2)] == [200, 200]
        get_token_model().objects.filter(user=reader).delete()
        assert client.get(address).status_code == 401

    def test_an_expired_one(self, reader: User, address: str) -> None:
        client = client_of(reader)
        assert [client.get(address).status_code for _ in range(2)] == [200, 200]
        get_token_model().objects.filter(user=reader).update(expiry=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        assert client.get(address).status_code == 401

    def test_of_a_closed_account(self, reader: User, address: str) -> None:
        client = client_of(reader)
        assert [client.get(address).status_code for _ in range(2)] == [200, 200]
        User.objects.filter(pk=reader.pk).update(is_active=False)
        assert client.get(address).status_code == 401

    def test_of_somebody_else(self, ada: User, reader: User, address: str) -> None:
        client = client_of(ada)
        assert client.get(f"/api/users/{ada.pk}/timeline").status_code == 200
        assert client.get(address).status_code == 403

    def test_that_asks_too_often(self, reader: User, address: str, settings: Settings) -> None:
        settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "user": (3, 3600)}
        client = client_of(reader)
        assert [client.get(address).status_code for _ in range(5)] == [200, 200, 200, 429, 429]

    def test_a_page_that_has_to_be_built_counts_once(self, reader: User, address: str, settings: Settings) -> None:
        client = client_of(reader)
        client.get(address)
        settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "user": (2, 3601)}
        codes = []
        for _ in range(3):
            store.drop(Kind.HOME, [reader.pk])
            codes.append(client.get(address).status_code)
        assert codes == [200, 200, 429]

    @pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?limit=x", "?cursor=x"])
    def test_with_a_wrong_question(self, reader: User, address: str, query: str) -> None:
        client = client_of(reader)
        client.get(address)
        assert client.get(address + query).status_code == 400


class TestSessions:
    def test_a_new_password_ends_the_others(self, reader: User) -> None:
        browser = logged_in(reader)
        assert 'id="composer"' in html(browser.get("/"))
        reader.set_password("another long one 7!")
        reader.save()
        assert 'id="composer"' not in html(browser.get("/"))

    def test_a_closed_account(self, reader: User) -> None:
        browser = logged_in(reader)
        assert 'id="composer"' in html(browser.get("/"))
        User.objects.filter(pk=reader.pk).update(is_active=False)
        assert 'id="composer"' not in html(browser.get("/"))

    def test_after_logging_out(self, reader: User) -> None:
        browser = logged_in(reader)
        browser.logout()
        assert 'id="composer"' not in html(browser.get("/"))

    def test_a_key_that_was_replaced_still_counts(self, reader: User, settings: Settings) -> None:
        browser = logged_in(reader)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another one, of this test"
        assert 'id="composer"' in html(browser.get("/"))


def test_messages_are_shown_once(reader: User) -> None:
    browser, tweet = logged_in(reader), post(reader, "Reported?")
    browser.post(f"{tweet.get_absolute_url()}delete/", {"next": "/"})
    first, second = html(browser.get("/")), html(browser.get("/"))
    assert first.count('class="notice" role="status"') == 1
    assert second.count('class="notice" role="status"') == 0


def test_own_clicks_are_counted_before_they_are_folded(reader: User, ada: User) -> None:
    tweet = post(ada, "Count me.")
    events.drain()
    browser = logged_in(reader)
    browser.get("/")
    browser.post(f"{tweet.get_absolute_url()}like/", {"next": "/"})
    assert f'aria-label="Like, 1" formaction="{tweet.get_absolute_url()}unlike/"' in html(browser.get("/"))


def test_everybody_gets_their_own_page(reader: User, ada: User) -> None:
    """The frames that are kept are of one user each."""
    browsers = [logged_in(reader), logged_in(ada)]
    for _ in range(2):
        mine, hers = (html(browser.get("/")) for browser in browsers)
        assert ("@bob</span></span></a>" in mine, "@ada</span></span></a>" in mine) == (True, False)
        assert ("@bob</span></span></a>" in hers, "@ada</span></span></a>" in hers) == (False, True)
    tokens = [re.findall('csrfmiddlewaretoken" value="([^"]+)', html(browsers[0].get("/"))) for _ in range(2)]
    assert {*tokens[0]}.isdisjoint(tokens[1])  # masked anew each time
