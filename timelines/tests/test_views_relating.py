"""How two people stand, on the pages: the button and the menu in every state, what asks first, who sees what."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services as accounts
from accounts.models import Block, Follow, FollowRequest, Mute, User
from accounts.tests.factories import UserFactory
from timelines.tests.site import HTMX, Response, card_ids, html, logged_in, person, post

pytestmark = pytest.mark.django_db

_BUTTON = re.compile(r'<(?:button|a) id="follow"[^>]*?(?:formaction|href)="([^"]+)"[^>]*>([^<]+)<')


@pytest.fixture
def ada() -> User:
    return person("ada", display_name="Ada", bio="Engines.")


@pytest.fixture
def bob() -> User:
    return person("bob", display_name="Bob")


@pytest.fixture
def star() -> User:
    """A protected account."""
    return person("star", display_name="Star", protected=True)


def button(response: Response) -> tuple[str, str] | None:
    """(what it says, where it leads)."""
    found = _BUTTON.search(html(response))
    return (found[2], found[1]) if found else None


def test_the_button_in_every_state(ada: User, bob: User, star: User) -> None:
    client = logged_in(bob)
    assert button(client.get("/ada/")) == ("Follow", "/ada/follow/")
    accounts.follow(follower=ada, followee=bob)
    response = client.get("/ada/")
    assert button(response) == ("Follow back", "/ada/follow/")
    assert "Follows you" in html(response)
    client.post("/ada/follow/")
    assert button(client.get("/ada/")) == ("Following", "/ada/unfollow/")
    assert button(client.get("/star/")) == ("Ask to follow", "/star/follow/")
    client.post("/star/follow/")
    assert button(client.get("/star/")) == ("Requested", "/star/unfollow/")
    accounts.approve_request(followee=star, follower=bob)
    response = client.get("/star/")
    assert button(response) == ("Following", "/star/unfollow/")
    assert 'id="follow" class="button quiet" href' in html(response), "a page that asks first"
    client.post("/ada/block/")
    assert button(client.get("/ada/")) == ("Unblock", "/ada/unblock/")
    assert button(logged_in(ada).get("/bob/")) is None
    own = client.get("/bob/")
    assert button(own) is None
    assert "Edit profile" in html(own)
    assert button(Client().get("/bob/")) == ("Follow", "/bob/follow/")
    assert button(Client().get("/star/")) == ("Ask to follow", "/star/follow/")


def test_htmx_gets_the_header_or_the_page_anew(bob: User, star: User, ada: User) -> None:
    client = logged_in(bob)
    asked = client.post("/star/follow/", headers=HTMX)
    assert html(asked).startswith('<div id="relation"')
    assert button(asked) == ("Requested", "/star/unfollow/")
    assert "<b>0</b> following" in html(asked).partition("hx-partial")[2], "asking is not following"
    assert button(client.post("/star/unfollow/", headers=HTMX)) == ("Ask to follow", "/star/follow/")
    Follow.objects.create(follower=bob, followee=star)
    gone = client.post("/star/unfollow/", {"next": "/star/"}, headers=HTMX)
    assert gone.headers["HX-Redirect"] == "/star/", "the posts on the page must go too"
    client.post("/ada/mute/")
    assert client.post("/ada/unmute/", {"next": "/ada/"}, headers=HTMX).headers["HX-Redirect"] == "/ada/"


def test_a_protected_account_shows_its_header_and_nothing_else(ada: User, bob: User, star: User) -> None:
    secret = post(star, "Only for friends.")
    accounts.follow(follower=bob, followee=star)
    for client in (logged_in(ada), logged_in(bob), Client()):
        for path in ("/star/", "/star/replies/"):
            response = client.get(path)
            page = html(response)
            assert response.status_code == 200
            assert "These posts are protected" in page
            assert card_ids(response) == []
            assert "Only for friends" not in page
            assert 'href="/star/followers/"' not in page
            assert 'href="/star/replies/"' not in page
        for path in ("/star/followers/", "/star/following/"):
            response = client.get(path)
            assert response.status_code == 403
            assert "not shown to you" in html(response)
    assert "You have asked" in html(logged_in(bob).get("/star/"))
    accounts.approve_request(followee=star, follower=bob)
    for reader in (bob, star):
        response = logged_in(reader).get("/star/")
        assert card_ids(response) == [secret.pk]
        assert "/star/followers/" in html(response)
        assert logged_in(reader).get("/star/followers/").status_code == 200


def test_a_block_closes_both_pages(ada: User, bob: User) -> None:
    post(ada)
    post(bob)
    client = logged_in(bob)
    response = client.post("/ada/block/", {"next": "/"}, follow=True)
    assert response.redirect_chain == [("/ada/", 302)]
    page = html(response)
    assert "You blocked @ada" in page
    assert 'formaction="/ada/unblock/"' in page
    assert ">Undo<" in page
    assert card_ids(response) == []
    other = logged_in(ada).get("/bob/")
    assert "@bob has blocked you" in html(other)
    assert card_ids(other) == []
    assert "<b>" not in html(other).partition('id="relation"')[2].partition("</section>")[0], "no numbers"
    for viewer, path in ((ada, "/bob/followers/"), (bob, "/ada/following/")):
        assert logged_in(viewer).get(path).status_code == 403
    refused = logged_in(ada).post("/bob/follow/")
    assert refused.status_code == 403
    assert "You cannot follow @bob" in html(refused)
    assert "Unblock them first" in html(client.post("/ada/follow/"))
    assert client.post("/ada/unblock/", {"next": "/ada/"}).headers["Location"] == "/ada/"
    assert len(card_ids(client.get("/ada/"))) == 1


def test_what_asks_first_says_what_it_does(ada: User, bob: User, star: User) -> None:
    client = logged_in(bob)
    for path, words in (
        ("/ada/block/", "Neither of you sees what the other posts"),
        ("/ada/mute/", "Until you end it"),
        ("/ada/remove/", "They are not told"),
        ("/star/unfollow/", "you would have to ask"),
    ):
        response = client.get(path, headers={"Referer": "http://testserver/people/?q=a"})
        page = html(response)
        assert response.status_code == 200
        assert words in page
        assert 'name="next" value="/people/?q=a"' in page
        assert Client().get(path).headers["Location"].startswith("/accounts/login/")
    assert not Block.objects.exists()
    assert not Mute.objects.exists()
    for path in ("/ada/follow/", "/ada/unblock/", "/ada/unmute/", "/ada/approve/", "/ada/reject/"):
        assert client.get(path).status_code == 405
    for name in ("follow", "unfollow", "block", "unblock", "mute", "unmute", "approve", "reject", "remove"):
        assert client.post(f"/bob/{name}/").status_code == 400, "oneself"
        assert client.post(f"/nobody/{name}/").status_code == 404
        assert Client().post(f"/bob/{name}/").headers["Location"].startswith("/accounts/login/")


def test_muting_for_a_while(ada: User, bob: User) -> None:
    tweet = post(ada)
    client = logged_in(bob)
    response = client.post("/ada/mute/", {"until": "24", "next": "/ada/"}, follow=True)
    page = html(response)
    assert "You muted @ada" in page
    assert 'formaction="/ada/unmute/"' in page
    assert card_ids(response) == [tweet.pk], "who visits them, reads them"
    ends = Mute.objects.get().expires_at
    assert ends is not None
    assert abs(ends - timezone.now() - dt.timedelta(days=1)) < dt.timedelta(minutes=1)
    client.post("/ada/mute/", {"until": ""})
    assert Mute.objects.get().expires_at is None
    wrong = client.post("/ada/mute/", {"until": "5"})
    assert wrong.status_code == 422
    assert "errorlist" in html(wrong)
    assert html(logged_in(ada).get("/bob/")).count("muted @") == 0
    client.post("/ada/unmute/")
    assert not Mute.objects.exists()


def test_a_request_is_answered_from_the_list_and_from_the_page(ada: User, bob: User, star: User) -> None:
    for reader in (ada, bob):
        logged_in(reader).post("/star/follow/")
    client = logged_in(star)
    page = html(client.get("/requests/"))
    assert page.index("@bob") < page.index("@ada"), "the latest first"
    assert page.count('<b class="waiting"') == 3
    assert "asks to follow you" in html(client.get("/ada/"))
    response = client.post("/ada/approve/", {"next": "/requests/"}, follow=True)
    assert "@ada follows you now." in html(response)
    assert "@ada</span>" not in html(response)
    client.post("/bob/reject/", {"next": "/requests/"})
    assert "Nobody is waiting" in html(client.get("/requests/"))
    assert 'class="waiting"' not in html(client.get("/requests/"))
    assert list(Follow.objects.values_list("follower__username", flat=True)) == ["ada"]
    again = client.post("/bob/approve/", {"next": "/requests/"}, follow=True)
    assert "is not asking to follow you any more" in html(again)
    assert not Follow.objects.filter(follower=bob).exists()


def test_a_request_is_seen_and_taken_back_by_who_sent_it(bob: User, star: User) -> None:
    client = logged_in(bob)
    client.post("/star/follow/")
    page = html(client.get("/requests/sent/"))
    assert "@star" in page
    assert 'action="/star/unfollow/"' in page
    client.post("/star/unfollow/", {"next": "/requests/sent/"})
    assert "You are waiting for nobody" in html(client.get("/requests/sent/"))
    assert not FollowRequest.objects.exists()


def test_a_follower_is_removed_from_the_own_list(ada: User, bob: User) -> None:
    Follow.objects.create(follower=ada, followee=bob)
    client = logged_in(bob)
    assert 'href="/ada/remove/"' in html(client.get("/bob/followers/"))
    assert "/remove/" not in html(logged_in(ada).get("/bob/followers/"))
    assert "/remove/" not in html(client.get("/bob/following/"))
    response = client.post("/ada/remove/", {"next": "/bob/followers/"}, follow=True)
    assert "@ada does not follow you any more." in html(response)
    assert not Follow.objects.exists()


def test_who_is_blocked_stands_on_no_list(ada: User, bob: User) -> None:
    third = person("third")
    for reader in (ada, bob):
        accounts.follow(follower=reader, followee=third)
        accounts.follow(follower=third, followee=reader)
    accounts.block(blocker=bob, blocked=ada)
    for path in ("/third/followers/", "/third/following/"):
        assert "@ada" in html(Client().get(path))
        assert "@ada</span>" not in html(logged_in(bob).get(path)), path
        assert "@bob</span>" not in html(logged_in(ada).get(path)).partition("<main")[2], path


def test_a_closed_account_is_not_there(ada: User, bob: User) -> None:
    client = logged_in(bob)
    client.post("/ada/block/")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert client.get("/ada/").status_code == 404
    assert client.post("/ada/block/").status_code == 404
    assert client.post("/ada/unblock/").headers["Location"] == "/"
    assert not Block.objects.exists()


@pytest.mark.parametrize("count", [1, 20])
def test_requests_cost_three_queries(star: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user, how many wait, who they are. Who is not protected has nobody waiting, and is not asked for."""
    for reader in UserFactory.create_batch(count):
        FollowRequest.objects.create(follower=reader, followee=star)
    client = logged_in(star)
    client.get("/requests/")
    with django_assert_num_queries(3):
        assert html(client.get("/requests/")).count('class="person-row"') == count
    other = logged_in(person("open"))
    other.get("/requests/")
    with django_assert_num_queries(2):
        other.get("/requests/")
