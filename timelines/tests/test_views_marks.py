"""Like, bookmark, follow and back, as a form and by htmx; who may, and what they see at once."""

import re

import pytest
from django.test import Client

from accounts import services as accounts
from accounts.models import Follow, User
from timelines.tests.site import HTMX, html, logged_in, person, post
from tweets.models import Bookmark, Like, Tweet
from tweets.services import delete_tweet, like

pytestmark = pytest.mark.django_db

MARKS = ["like", "unlike", "bookmark", "unbookmark"]
_LIKES = re.compile(r'aria-pressed="(true|false)" aria-label="Like, (\d+)"')
_FOLLOWERS = re.compile(r"<b>(\d+)</b> followers?<")


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def bob() -> User:
    return person("bob")


@pytest.fixture
def tweet(ada: User) -> Tweet:
    return post(ada)


def likes(response: object) -> tuple[str, int]:
    found = _LIKES.search(html(response))  # type: ignore[arg-type]  # a response of the test client
    assert found is not None
    return found[1], int(found[2])


def followers(client: Client) -> int:
    found = _FOLLOWERS.search(html(client.get("/ada/")))
    assert found is not None
    return int(found[1])


def test_a_form_marks_and_returns_to_the_card(bob: User, tweet: Tweet) -> None:
    client = logged_in(bob)
    for name, kind, expected in [
        ("like", Like, True),
        ("like", Like, True),
        ("unlike", Like, False),
        ("unlike", Like, False),
        ("bookmark", Bookmark, True),
        ("bookmark", Bookmark, True),
        ("unbookmark", Bookmark, False),
        ("unbookmark", Bookmark, False),
    ]:
        response = client.post(f"/tweets/{tweet.pk}/{name}/", {"next": "/ada/?limit=5"})
        assert response.status_code == 302
        assert response.headers["Location"] == f"/ada/?limit=5#t{tweet.pk}"
        assert kind._default_manager.filter(user=bob, tweet=tweet).exists() is expected


def test_htmx_gets_the_button_as_it_is_now(bob: User, tweet: Tweet) -> None:
    client = logged_in(bob)
    for name, opposite, pressed in [
        ("like", "unlike", "true"),
        ("unlike", "like", "false"),
        ("bookmark", "unbookmark", "true"),
        ("unbookmark", "bookmark", "false"),
    ]:
        response = client.post(f"/tweets/{tweet.pk}/{name}/", headers=HTMX)
        assert response.status_code == 200
        button = html(response)
        assert button.startswith("<button")
        assert button.count("<button") == 1
        assert f'aria-pressed="{pressed}"' in button
        assert f'formaction="/tweets/{tweet.pk}/{opposite}/"' in button


@pytest.mark.parametrize("headers", [None, HTMX])
def test_who_clicks_sees_it_at_once_on_every_page(
    ada: User, bob: User, tweet: Tweet, headers: dict[str, str] | None
) -> None:
    like(user=ada, tweet=tweet)
    accounts.flush_counts()
    client, page = logged_in(bob), tweet.get_absolute_url()
    assert likes(client.get(page)) == ("false", 1)
    for _ in range(2):  # and back, before anything is folded
        client.post(f"{page}like/", headers=headers)
        assert likes(client.get(page)) == ("true", 2)
        client.post(f"{page}unlike/", headers=headers)
        assert likes(client.get(page)) == ("false", 1)
    client.post(f"{page}like/", headers=headers)
    client.post(f"{page}like/", headers=headers)
    assert likes(client.get("/ada/")) == ("true", 2)
    assert likes(logged_in(person("third")).get(page)) == ("false", 1)
    accounts.flush_counts()
    assert likes(client.get(page)) == ("true", 2)
    assert likes(client.post(f"{page}unlike/", headers=HTMX)) == ("false", 1)


@pytest.mark.parametrize("headers", [None, HTMX])
def test_follow_and_unfollow_show_at_once(ada: User, bob: User, headers: dict[str, str] | None) -> None:
    client = logged_in(bob)
    client.post("/ada/follow/", {"next": "/ada/"}, headers=headers)
    client.post("/ada/follow/", {"next": "/ada/"}, headers=headers)
    assert Follow.objects.filter(follower=bob, followee=ada).count() == 1
    assert followers(client) == 1
    assert 'aria-pressed="true"' in html(client.get("/ada/"))
    assert "<b>1</b> following" in html(client.get("/bob/"))
    accounts.flush_counts()
    assert followers(client) == 1
    client.post("/ada/unfollow/", headers=headers)
    client.post("/ada/unfollow/", headers=headers)
    assert not Follow.objects.exists()
    assert followers(client) == 0


def test_who_follows_a_closed_account_can_stop(ada: User, bob: User) -> None:
    client = logged_in(bob)
    client.post("/ada/follow/")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    response = client.post("/ada/unfollow/")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert not Follow.objects.exists()
    assert client.post("/ada/follow/").status_code == 404


def test_the_follow_button_answers_a_form_and_htmx(ada: User, bob: User) -> None:
    client = logged_in(bob)
    response = client.post("/ADA/follow/")
    assert (response.status_code, response.headers["Location"]) == (302, "/ada/")
    button = html(client.post("/ada/unfollow/", headers=HTMX))
    assert button.startswith('<div id="relation"')
    assert "<b>0</b> following" in button.partition("hx-partial")[2]
    assert "<b>1</b> following" in html(client.post("/ada/follow/", headers=HTMX)).partition("hx-partial")[2]
    assert 'formaction="/ada/follow/"' in button


def test_nobody_follows_themselves(ada: User) -> None:
    client = logged_in(ada)
    assert 'formaction="/ada/follow/"' not in html(client.get("/ada/"))
    response = client.post("/ada/follow/")
    assert response.status_code == 400
    assert "cannot follow yourself" in html(response)


@pytest.mark.parametrize("name", MARKS)
def test_visitors_log_in_first_and_return(client: Client, tweet: Tweet, name: str) -> None:
    path = f"/tweets/{tweet.pk}/{name}/"
    response = client.post(path, {"next": "/ada/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?next=/ada/")
    response = client.post(path, {"next": "https://evil.example/"}, headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, "/accounts/login/?next=/")
    assert not Like.objects.exists()
    assert not Bookmark.objects.exists()


def test_visitors_cannot_follow(client: Client, ada: User) -> None:
    assert client.post("/ada/follow/", {"next": "/ada/"}).headers["Location"] == "/accounts/login/?next=/ada/"
    assert not Follow.objects.exists()


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize("name", MARKS)
def test_what_is_gone_or_never_was_cannot_be_marked(
    ada: User, bob: User, tweet: Tweet, name: str, headers: dict[str, str] | None
) -> None:
    client = logged_in(bob)
    assert client.post(f"/tweets/1/{name}/", headers=headers).status_code == 404
    delete_tweet(tweet=tweet, by=ada)
    assert client.post(f"/tweets/{tweet.pk}/{name}/", headers=headers).status_code == 410
    assert client.post("/nobody/follow/", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "path", ["like/", "unlike/", "bookmark/", "unbookmark/", "delete/", "reply/", "../../compose/", "../../ada/follow/"]
)
@pytest.mark.parametrize("headers", [None, HTMX])
def test_no_write_without_the_token_of_the_page(
    bob: User, tweet: Tweet, path: str, headers: dict[str, str] | None
) -> None:
    client = logged_in(bob, enforce_csrf_checks=True)
    address = path.removeprefix("../..") if path.startswith("..") else f"/tweets/{tweet.pk}/{path}"
    response = client.post(address, {"text": "Hi."}, headers=headers)
    assert response.status_code == 403
    assert "open for too long" in html(response)
    page = html(client.get("/"))
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    response = client.post(address, {"text": "Hi.", "csrfmiddlewaretoken": token}, headers=headers)
    assert response.status_code in (200, 302, 403)
    assert "open for too long" not in html(response)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
        "home",
        "?cursor=1",
        "#top",
        "",
    ],
)
def test_a_form_leads_nowhere_else(bob: User, tweet: Tweet, target: str) -> None:
    client = logged_in(bob)
    page = tweet.get_absolute_url()
    assert client.post(f"{page}like/", {"next": target}).headers["Location"] == f"{page}#t{tweet.pk}"
    assert client.post("/ada/follow/", {"next": target}).headers["Location"] == "/ada/"
    assert client.post("/compose/", {"next": target, "text": "Hi."}).headers["Location"] == "/"


def test_a_forged_memory_of_own_clicks_fools_only_its_owner(bob: User, tweet: Tweet) -> None:
    client = logged_in(bob)
    for value in (
        "like_count:1:2",
        "x" * 5000,
        f"like_count:{tweet.pk}:0:-9",
        '"<b>:1:1:1"',
        f"like_count:{tweet.pk}:5:1",
    ):
        client.cookies["own_changes"] = value
        assert likes(client.get(tweet.get_absolute_url())) == ("false", 0)
    tweet.counts.refresh_from_db()
    assert tweet.counts.like_count == 0
