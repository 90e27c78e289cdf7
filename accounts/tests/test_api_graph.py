"""How people relate, in the API."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import services
from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


@pytest.fixture
def star() -> User:
    """A protected account."""
    user: User = UserFactory.create(username="star", protected=True)
    return user


def test_asking_a_protected_account(ada: User, star: User) -> None:
    client, path = client_of(ada), f"/api/users/{star.pk}/follow"
    asked = {"following": False, "requested": True}
    assert client.post(path).json() == {**asked, "changed": True}
    assert client.post(path).json() == {**asked, "changed": False}
    assert client.delete(path).json() == {"following": False, "requested": False, "changed": True}
    assert client.delete(path).json() == {"following": False, "requested": False, "changed": False}


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_answering_a_request(ada: User, star: User, answer: str) -> None:
    client_of(ada).post(f"/api/users/{star.pk}/follow")
    client = client_of(star)
    [waiting] = client.get("/api/follow_requests").json()["results"]
    assert (waiting["user"]["username"], list(waiting)) == ("ada", ["user", "created_at"])
    path = f"/api/follow_requests/{waiting['user']['id']}/{answer}"
    assert client_of(UserFactory.create()).post(path).json() == {"changed": False}
    assert client.post(path).json() == {"changed": True}
    assert client.post(path).json() == {"changed": False}
    assert Follow.objects.filter(follower=ada, followee=star).exists() is (answer == "approve")
    assert client.get("/api/follow_requests").json() == {"results": [], "next": None}


def test_a_follower_is_removed(ada: User, star: User) -> None:
    Follow.objects.create(follower=ada, followee=star)
    path = f"/api/users/{ada.pk}/follower"
    assert client_of(star).delete(path).json() == {"followed_by": False, "changed": True}
    assert client_of(star).delete(path).json() == {"followed_by": False, "changed": False}
    assert not Follow.objects.exists()


def test_blocking(ada: User, star: User) -> None:
    client, path = client_of(ada), f"/api/users/{star.pk}/block"
    assert client.post(path).json() == {"blocking": True, "changed": True}
    assert client.post(path).json() == {"blocking": True, "changed": False}
    for one, other in ((ada, star), (star, ada)):
        refused = client_of(one).post(f"/api/users/{other.pk}/follow")
        assert refused.status_code == 403
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert f"@{other.username}" in refused.json()["detail"]
    [blocked] = client.get("/api/blocks").json()["results"]
    assert blocked["user"]["id"] == str(star.pk)
    assert client_of(star).get("/api/blocks").json()["results"] == []
    assert client.delete(path).json() == {"blocking": False, "changed": True}
    assert not Block.objects.exists()


def test_muting(ada: User, star: User) -> None:
    client, path = client_of(ada), f"/api/users/{star.pk}/mute"
    assert client.post(path).json() == {"muting": True, "until": None, "changed": True}
    until = (timezone.now() + dt.timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert client.post(path, {"until": until}).json() == {"muting": True, "until": until, "changed": True}
    assert client.post(path, {"until": until}).json()["changed"] is False
    [muted] = client.get("/api/mutes").json()["results"]
    assert (muted["user"]["username"], muted["until"]) == ("star", until)
    for wrong in ("2001-01-01T00:00:00Z", "tomorrow", 5):
        assert list(client.post(path, {"until": wrong}).json()["errors"]) == ["until"]
    assert client.delete(path).json() == {"muting": False, "until": None, "changed": True}
    assert not Mute.objects.exists()


@pytest.mark.parametrize("action", ["follow", "block", "mute"])
def test_nobody_does_it_to_themselves(ada: User, action: str) -> None:
    answer = client_of(ada).post(f"/api/users/{ada.pk}/{action}")
    assert answer.status_code == 400
    assert "yourself" in answer.json()["detail"]


def test_how_two_people_stand(ada: User, star: User) -> None:
    client_of(ada).post(f"/api/users/{star.pk}/follow")
    shown = client_of(ada).get(f"/api/users/{star.pk}/relationship").json()
    nothing: dict[str, Any] = dict.fromkeys(
        ("following", "requested", "followed_by", "requested_by", "blocking", "blocked_by", "muting"), False
    ) | {"muted_until": None, "state": "Stranger"}
    assert shown == nothing | {"requested": True, "state": "Follow Request Sent"}
    assert client_of(star).get(f"/api/users/{ada.pk}/relationship").json() == nothing | {"requested_by": True}
    services.block(blocker=star, blocked=ada)
    assert client_of(ada).get(f"/api/users/{star.pk}/relationship").json() == nothing | {"blocked_by": True}


def test_muted_words(ada: User) -> None:
    client = client_of(ada)
    made = client.post("/api/muted_words", {"word": " Black  CAT"})
    assert made.status_code == 201
    assert made.json()["word"] == "black cat"
    assert client.get("/api/muted_words").json() == {"results": [made.json()], "next": None}
    path = f"/api/muted_words/{made.json()['id']}"
    assert client_of(UserFactory.create()).delete(path).status_code == 404
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert list(client.post("/api/muted_words", {"word": "#"}).json()["errors"]) == ["word"]
    assert list(client.post("/api/muted_words", {}).json()["errors"]) == ["word"]
    assert not MutedWord.objects.exists()


def test_an_account_is_protected_and_opened_by_its_owner(ada: User, star: User) -> None:
    path = f"/api/users/{ada.pk}"
    client = client_of(ada)
    assert client.patch(path, {"protected": True}).json()["protected"] is True
    assert APIClient().get(path).json()["protected"] is True
    assert client.patch("/api/users/ada", {"protected": False}).json()["protected"] is False
    assert client_of(star).patch(path, {"protected": True}).status_code == 403
    assert APIClient().patch(path, {"protected": True}).status_code == 401
    assert list(client.patch(path, {}).json()["errors"]) == ["protected"]
    assert User.objects.filter(pk=ada.pk, protected=False).exists()


LISTS = ["follow_requests", "follow_requests/sent", "blocks", "mutes"]


def fill(name: str, owner: User, count: int) -> list[str]:
    """User ids, the latest first."""
    people = UserFactory.create_batch(count)
    for person in people:
        match name:
            case "follow_requests":
                FollowRequest.objects.create(follower=person, followee=owner)
            case "follow_requests/sent":
                FollowRequest.objects.create(follower=owner, followee=person)
            case "blocks":
                Block.objects.create(blocker=owner, blocked=person)
            case "mutes":
                Mute.objects.create(muter=owner, muted=person)
    return [str(person.pk) for person in people][::-1]


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_the_callers_page_by_page(ada: User, name: str) -> None:
    expected = fill(name, ada, 5)
    fill(name, UserFactory.create(), 2)
    seen, cursor, client = [], "", client_of(ada)
    while True:
        page = client.get(f"/api/{name}?limit=2&cursor={cursor}").json()
        seen += [row["user"]["id"] for row in page["results"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == expected
    assert client.get(f"/api/{name}?cursor=x").status_code == 400


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_two_queries(
    ada: User, name: str, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The token with its user, and the rows with their people."""
    fill(name, ada, count)
    client = client_of(ada)
    with django_assert_num_queries(2):
        assert len(client.get(f"/api/{name}").json()["results"]) == count


@pytest.mark.parametrize("path", [*LISTS, "muted_words", "users/1/relationship"])
def test_lists_need_an_account(path: str) -> None:
    assert APIClient().get(f"/api/{path}").status_code == 401


@pytest.mark.parametrize("path", ["block", "mute", "follow", "follower"])
def test_writes_need_an_account(ada: User, path: str) -> None:
    assert APIClient().delete(f"/api/users/{ada.pk}/{path}").status_code == 401
    assert client_of(ada).delete(f"/api/users/1/{path}").status_code == 404
