"""The settings of who may come near: a protected account, blocked and muted people, muted words."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.models import Block, FollowRequest, Mute, MutedWord, User
from accounts.tests.factories import UserFactory
from accounts.tests.pages import alert, html, logged_in

pytestmark = pytest.mark.django_db

PAGES = ["/accounts/privacy/", "/accounts/blocked/", "/accounts/muted/", "/accounts/words/"]
REQUESTS = ["/requests/", "/requests/sent/"]


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


@pytest.mark.parametrize("path", [*PAGES, *REQUESTS])
def test_they_are_for_members(path: str) -> None:
    assert Client().get(path).headers["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("path", PAGES)
def test_they_lead_to_each_other(ada: User, path: str) -> None:
    page = html(logged_in(ada).get(path))
    assert [other for other in PAGES if f'href="{other}"' not in page] == []
    assert page.count('aria-current="page"') == 4, "the settings in both menus and as a tab, and the part of them"


def test_an_account_is_protected_and_opened(ada: User) -> None:
    client = logged_in(ada)
    assert "checked" not in html(client.get("/accounts/privacy/"))
    response = client.post("/accounts/privacy/", {"protected": "on"}, follow=True)
    assert "Your posts are protected now." in html(response)
    assert " checked" in html(response)
    assert "Protected</span>" in html(Client().get("/ada/"))
    assert 'href="/requests/"' in html(client.get("/"))
    assert "Nothing was changed" in html(client.post("/accounts/privacy/", {"protected": "on"}, follow=True))
    assert "Everybody can read your posts now." in html(client.post("/accounts/privacy/", follow=True))
    assert not User.objects.get(pk=ada.pk).protected


def test_who_is_blocked_and_muted(ada: User) -> None:
    blocked, muted, ended = UserFactory.create_batch(3)
    services.block(blocker=ada, blocked=blocked)
    services.mute(muter=ada, muted=muted, until=timezone.now() + dt.timedelta(hours=5))
    Mute.objects.create(muter=ada, muted=ended, expires_at=timezone.now() - dt.timedelta(hours=5))
    client = logged_in(ada)
    page = html(client.get("/accounts/blocked/"))
    assert f"@{blocked.username}</span>" in page
    assert f'action="/{blocked.username}/unblock/"' in page
    assert f"@{muted.username}</span>" not in page
    page = html(client.get("/accounts/muted/"))
    assert f'action="/{muted.username}/unmute/"' in page
    assert "Until <time" in page
    assert f"@{ended.username}</span>" not in page
    other = logged_in(UserFactory.create())
    assert "You block nobody" in html(other.get("/accounts/blocked/"))
    assert "You mute nobody" in html(other.get("/accounts/muted/"))


def test_words_come_and_go(ada: User) -> None:
    client = logged_in(ada)
    response = client.post("/accounts/words/", {"word": "Rain <b>", "until": "168"}, follow=True)
    assert "Posts with “rain &lt;b&gt;” are hidden from you now." in html(response)
    word = MutedWord.objects.get()
    assert word.expires_at is not None
    assert abs(word.expires_at - timezone.now() - dt.timedelta(days=7)) < dt.timedelta(minutes=1)
    client.post("/accounts/words/", {"word": "snow"})
    snow = MutedWord.objects.get(word="snow")
    assert logged_in(UserFactory.create()).post(f"/accounts/words/{snow.pk}/remove/").status_code == 302
    assert MutedWord.objects.count() == 2
    response = client.post(f"/accounts/words/{snow.pk}/remove/", follow=True)
    assert 'form="again" class="button quiet" name="word" value="snow">Undo' in html(response)
    gone = client.post(f"/accounts/words/{word.pk}/remove/", follow=True)
    assert "Undo" not in html(gone), "it had an end, which would be lost"
    assert "“rain &lt;b&gt;” is not hidden any more." in html(gone)
    assert client.get(f"/accounts/words/{word.pk}/remove/").headers["Location"] == "/accounts/words/"
    assert not MutedWord.objects.exists()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"word": ""}, "required"),
        ({"word": "#"}, "Write the word"),
        ({"word": "x" * 101}, "100"),
        ({"word": "x\0"}, "Null"),
        ({"word": "x", "until": "77"}, "not one of the available choices"),
    ],
)
def test_a_word_that_is_refused_comes_back(ada: User, sent: dict[str, str], told: str) -> None:
    response = logged_in(ada).post("/accounts/words/", sent)
    assert response.status_code == 422
    assert told in alert(response)
    assert not MutedWord.objects.exists()


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("name", ["blocked", "muted", "words", "sent"])
def test_lists_cost_two_queries(
    ada: User, name: str, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The user and the list."""
    for n, person in enumerate(UserFactory.create_batch(count)):
        if name == "blocked":
            Block.objects.create(blocker=ada, blocked=person)
        elif name == "muted":
            Mute.objects.create(muter=ada, muted=person)
        elif name == "sent":
            FollowRequest.objects.create(follower=ada, followee=person)
        else:
            MutedWord.objects.create(user=ada, word=f"word{n}")
    client = logged_in(ada)
    path = "/requests/sent/" if name == "sent" else f"/accounts/{name}/"
    client.get(path)
    with django_assert_num_queries(2):
        page = html(client.get(path))
    assert page.count('class="person-row"') + page.count('class="word"') == count


@pytest.mark.parametrize("path", ["/accounts/blocked/", "/accounts/muted/", *REQUESTS])
def test_lists_go_on(ada: User, path: str) -> None:
    for person in UserFactory.create_batch(25):
        Block.objects.create(blocker=ada, blocked=person)
        Mute.objects.create(muter=ada, muted=person)
        FollowRequest.objects.create(follower=ada, followee=person)
        FollowRequest.objects.create(follower=person, followee=ada)
    client = logged_in(ada)
    page = html(client.get(path))
    more = page.partition('<li class="more"><a class="button quiet" href="')[2].partition('"')[0]
    rest = html(client.get(path + more, headers={"HX-Request": "true"}))
    assert "<html" not in rest
    assert (page.count('class="person-row"'), rest.count('class="person-row"')) == (20, 5)
    assert client.get(f"{path}?cursor=x").status_code == 400
