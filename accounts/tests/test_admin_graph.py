"""What staff change about how people relate: by the services, with a clear no where people would hear one."""

from typing import Any

import pytest
from django.test import Client

from accounts import services
from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from accounts.tests.factories import UserFactory
from accounts.tests.test_admin import USERS, fields_of, logged_in, refusals
from socialgraph.models import OutboxEvent

pytestmark = pytest.mark.django_db
ADMIN = "/admin/accounts"


@pytest.fixture
def client() -> Client:
    return logged_in(UserFactory.create(username="chief", is_staff=True, is_superuser=True))


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


@pytest.fixture
def bob() -> User:
    user: User = UserFactory.create(username="bob")
    return user


def told(answer: Any) -> str:
    return " ".join(map(str, answer.context["messages"]))


def added(client: Client, kind: str, **people: User) -> Any:
    """What the page says after the form was sent."""
    data = {name: person.pk for name, person in people.items()}
    return client.post(f"{ADMIN}/{kind}/add/", data, follow=True)


def removed(client: Client, row: Any) -> Any:
    return client.post(f"{ADMIN}/{row._meta.model_name}/{row.pk}/delete/", {"post": "yes"}, follow=True)


def recorded() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("event", flat=True))


@pytest.mark.parametrize("kind", ["follow", "followrequest"])
def test_nobody_is_made_to_follow_across_a_block(client: Client, ada: User, bob: User, kind: str) -> None:
    services.block(blocker=bob, blocked=ada)
    answer = added(client, kind, follower=ada, followee=bob)
    assert "A block stands between @ada and @bob" in told(answer)
    assert not Follow.objects.exists()
    assert not FollowRequest.objects.exists()


def test_a_protected_account_decides_itself(client: Client, ada: User, bob: User) -> None:
    services.protect(user=bob, protected=True)
    OutboxEvent.objects.all().delete()
    assert "@bob is protected" in told(added(client, "follow", follower=ada, followee=bob))
    assert not Follow.objects.exists()
    assert not FollowRequest.objects.exists()
    assert recorded() == []
    added(client, "followrequest", follower=ada, followee=bob)
    removed(client, FollowRequest.objects.get())
    assert recorded() == ["follow_requested", "follow_rejected"]


def test_an_open_account_is_not_asked(client: Client, ada: User, bob: User) -> None:
    assert "without asking" in told(added(client, "followrequest", follower=ada, followee=bob))
    assert not Follow.objects.exists()
    assert recorded() == []


def test_blocks_come_and_go_by_services(client: Client, ada: User, bob: User) -> None:
    services.follow(follower=ada, followee=bob)
    added(client, "block", blocker=bob, blocked=ada)
    assert not Follow.objects.exists()
    removed(client, Block.objects.get())
    assert not Block.objects.exists()
    assert recorded() == ["followed", "unfollowed", "blocked", "unblocked"]


def test_mutes_come_and_go_by_services(client: Client, ada: User, bob: User) -> None:
    data = {"muter": ada.pk, "muted": bob.pk, "expires_at_0": "2100-01-01", "expires_at_1": "00:00"}
    client.post(f"{ADMIN}/mute/add/", data)
    assert Mute.objects.get().expires_at is not None
    past = client.post(f"{ADMIN}/mute/add/", data | {"muter": bob.pk, "muted": ada.pk, "expires_at_0": "2000-01-01"})
    assert "still to come" in told(client.get(past.headers["Location"]))
    removed(client, Mute.objects.get())
    assert not Mute.objects.exists()
    assert recorded() == ["muted", "unmuted"]


def test_muted_words_come_and_go_by_services(client: Client, ada: User) -> None:
    client.post(f"{ADMIN}/mutedword/add/", {"user": ada.pk, "word": "Big  WORD"})
    word = MutedWord.objects.get()
    assert word.word == "big word"
    removed(client, word)
    assert not MutedWord.objects.exists()


@pytest.mark.parametrize("kind", ["follow", "followrequest", "block", "mute"])
def test_nobody_relates_to_themselves(client: Client, ada: User, kind: str) -> None:
    first, second = {"block": ("blocker", "blocked"), "mute": ("muter", "muted")}.get(kind, ("follower", "followee"))
    answer = client.post(f"{ADMIN}/{kind}/add/", {first: ada.pk, second: ada.pk})
    assert "yourself" in str(refusals(answer))


@pytest.mark.parametrize("kind", ["follow", "followrequest", "block", "mute", "mutedword"])
def test_rows_are_found_by_either_person(client: Client, ada: User, bob: User, kind: str) -> None:
    services.protect(user=bob, protected=True)
    services.follow(follower=ada, followee=bob)
    Follow.objects.create(follower=bob, followee=ada)
    Block.objects.create(blocker=ada, blocked=bob)
    services.mute(muter=ada, muted=bob)
    services.mute_word(user=ada, word="x")
    for word, found in ((f"@{ada.username}", 1), (str(ada.pk), 1), ("nobody", 0)):
        page = client.get(f"{ADMIN}/{kind}/?q={word}")
        assert len(page.context["cl"].result_list) == found, word


def test_an_account_is_protected_by_its_service(client: Client, ada: User) -> None:
    path = f"{USERS}{ada.pk}/change/"
    data = fields_of(client, path)
    assert client.post(path, data | {"protected": "on"}).status_code == 302
    assert User.objects.get(pk=ada.pk).protected
    assert client.post(path, data).status_code == 302
    assert not User.objects.get(pk=ada.pk).protected
    assert recorded() == ["protection_changed"] * 2
