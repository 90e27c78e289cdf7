"""The search page, what it offers while one types, and the API's search."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import services as accounts
from accounts.tests.clients import client_of
from timelines.tests.site import card_ids, html, logged_in, person, post
from tweets.services import like

pytestmark = pytest.mark.django_db

HOSTILE = [
    "\0",
    "x\0y",
    "x" * 10_000,
    "!!!",
    '"',
    "\ud800",
    "' & | ! <-> ( ) :* \\",
    "%",
    "🙈" * 200,
    "a " * 300,
    "from:" * 9,
]


def seek(client: Client, **asked: str) -> Any:
    return client.get("/search/", asked)


def test_the_page_keeps_the_question_and_shows_what_is_found(client: Client) -> None:
    ada = person("ada")
    tweet = post(ada, "Paper <boats> in the harbour")
    response = seek(client, q='"paper boats"')
    assert response.status_code == 200
    assert card_ids(response) == [tweet.pk]
    assert 'value="&quot;paper boats&quot;"' in html(response)
    assert "No post has all of this" in html(seek(client, q="submarine"))
    assert "What are you looking for?" in html(client.get("/search/"))
    assert "What are you looking for?" in html(seek(client, q="  "))


def test_the_list_goes_on_to_its_end() -> None:
    ada = person("ada")
    wanted = [post(ada, f"tea {n}").pk for n in range(45)][::-1]
    client, more = logged_in(ada), "/search/?q=tea"
    found: list[int] = []
    while more:
        response = client.get(more, headers={"HX-Request": "true"} if found else None)
        found += card_ids(response)
        link = re.search(r'<p class="more"><a [^>]*href="([^"]+)"', html(response))
        more = f"/search/{link[1].replace('&amp;', '&')}" if link else ""
    assert found == wanted


def test_latest_and_top() -> None:
    ada, bob = person("ada"), person("bob")
    first, second = post(ada, "tea one"), post(ada, "tea two")
    like(user=bob, tweet=first)
    accounts.flush_counts()
    client = logged_in(ada)
    assert card_ids(seek(client, q="tea")) == card_ids(seek(client, q="tea", order="x")) == [second.pk, first.pk]
    assert card_ids(seek(client, q="tea", order="top")) == [first.pk, second.pk]


def test_people_have_a_tab() -> None:
    ada, bob = person("ada", display_name="Ada Lovelace"), person("bob")
    response = seek(logged_in(bob), q="love", tab="people")
    assert f'id="p{ada.pk}"' in html(response)
    assert "Nobody is called that" in html(seek(logged_in(bob), q="zzz", tab="people"))


@pytest.mark.parametrize("asked", ["tea from:nobody", "foo:bar", '"open', "since:2026-13-01", "-tea", "..."])
def test_what_is_wrong_is_said_beside_the_box(client: Client, asked: str) -> None:
    response = seek(client, q=asked)
    assert response.status_code == 400
    assert '<p id="problem" class="seek-problem" role="alert">' in html(response)
    answer = APIClient().get("/api/search", {"q": asked})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json()["errors"]["q"]) == 1


@pytest.mark.parametrize("asked", HOSTILE)
def test_nothing_breaks_the_pages(client: Client, asked: str) -> None:
    person("ada")
    sent = quote(asked.encode("utf-8", "surrogatepass"))
    for path in ("/search/", "/search/suggest", "/api/search"):
        for more in ("", "&tab=people&type=users", "&order=top"):
            assert client.get(f"{path}?q={sent}{more}").status_code in (200, 400)


def test_suggestions() -> None:
    ada, bob, eve = person("ada", display_name="Ada <i>"), person("adb"), person("eve")
    accounts.block(blocker=ada, blocked=eve)
    shown = html(logged_in(bob).get("/search/suggest?q=@ad"))
    assert re.findall(r'data-href="([^"]+)"', shown) == ["/ada/", "/adb/"]
    assert "Ada &lt;i&gt;" in shown
    assert 'data-href="/ada/"' not in html(logged_in(eve).get("/search/suggest?q=ad"))
    assert html(Client().get("/search/suggest")).strip() == ""


def test_the_protected_are_for_their_followers(client: Client) -> None:
    vera, bob = person("vera"), person("bob")
    tweet = post(vera, "a secret")
    accounts.protect(user=vera, protected=True)
    assert card_ids(seek(client, q="secret")) == card_ids(seek(logged_in(bob), q="secret")) == []
    assert client_of(bob).get("/api/search?q=from:vera").json() == {"results": [], "next": None}
    assert card_ids(seek(logged_in(vera), q="secret")) == [tweet.pk]


def test_the_api_pages_tweets_and_finds_users() -> None:
    ada = person("ada")
    wanted = [str(post(ada, f"tea {n}").pk) for n in range(5)][::-1]
    client = client_of(ada)
    first = client.get("/api/search?q=tea&limit=3").json()
    second = client.get(f"/api/search?q=tea&limit=3&cursor={first['next']}").json()
    assert [tweet["id"] for tweet in first["results"] + second["results"]] == wanted
    assert second["next"] is None
    users = client.get("/api/search?q=ad&type=users").json()
    assert users == {"results": [client.get("/api/users/ada").json()], "next": None}


@pytest.mark.parametrize("query", ["", "?q=", "?q=a&type=x", "?q=a&order=x", "?q=a&limit=0", "?q=a&cursor=x", "?q=%00"])
def test_the_api_says_what_is_wrong(query: str) -> None:
    answer = APIClient().get(f"/api/search{query}")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) <= {"q", "type", "order", "limit", "cursor"}


@pytest.mark.parametrize("count", [1, 20])
def test_the_number_of_queries(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user, the question, a walk, the cards."""
    ada = person("ada")
    for n in range(count):
        post(ada, f"tea {n}")
    client = logged_in(ada)
    seek(client, q="tea")
    with django_assert_num_queries(4):
        assert len(card_ids(seek(client, q="tea"))) == count
