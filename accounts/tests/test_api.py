"""People in the API: signing up, looking up, following, and who is let in."""

import datetime as dt
import json
import threading
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from knox.models import get_token_model
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.models import Follow, User
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADA = {"username": "Ada", "email": "ada@example.org", "password": "correct horse 7", "display_name": "Ada L."}


def test_sign_up_answers_with_the_new_user() -> None:
    answer = APIClient().post("/api/users", ADA)
    user = User.objects.get()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"http://testserver/api/users/{user.pk}"
    assert answer.json() == {
        "id": str(user.pk),
        "username": "Ada",
        "display_name": "Ada L.",
        "bio": "",
        "avatar_url": None,
        "verified": False,
        "protected": False,
        "follower_count": 0,
        "following_count": 0,
        "tweet_count": 0,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert user.check_password("correct horse 7")
    assert user.email == "ada@example.org"


def test_the_display_name_may_be_left_out() -> None:
    answer = APIClient().post("/api/users", {name: ADA[name] for name in ("username", "email", "password")})
    assert answer.json()["display_name"] == "Ada"


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"username": "taken"}, {"username": ["This user name is taken."]}),
        ({"email": "TAKEN@example.org"}, {"email": ["This e-mail address is in use."]}),
        ({"username": "admin"}, {"username": ["This name is reserved. Choose another one."]}),
        ({"username": "a b"}, {"username": ["Use letters, digits and _ only."]}),
        ({"username": "ädä"}, {"username": ["Use letters, digits and _ only."]}),
        ({"username": None}, {"username": ["This field may not be null."]}),
        ({"username": 7}, {"username": ["Not a valid string."]}),
        ({"username": ["Ada"]}, {"username": ["Not a valid string."]}),
        ({"username": "A\0da"}, {"username": ["Null characters are not allowed."]}),
        ({"display_name": "A\0da"}, {"display_name": ["Null characters are not allowed."]}),
        ({"display_name": {"first": "Ada"}}, {"display_name": ["Not a valid string."]}),
        ({"email": "nowhere"}, {"email": ["Enter a valid email address."]}),
        ({"email": True}, {"email": ["Not a valid string."]}),
        ({"password": "p" * 129}, {"password": ["Ensure this field has no more than 128 characters."]}),
        ({"password": "password"}, {"password": ["This password is too common."]}),
    ],
)
def test_sign_up_says_which_field_is_wrong(change: dict[str, object], errors: dict[str, list[str]]) -> None:
    UserFactory.create(username="Taken")
    answer = APIClient().post("/api/users", {**ADA, **change})
    assert answer.status_code == 400
    assert answer.json()["errors"] == errors
    assert User.objects.count() == 1


def test_sign_up_says_which_fields_are_missing() -> None:
    answer = APIClient().post("/api/users", {})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"username", "email", "password"}


@pytest.mark.parametrize("body", ["[]", "null", '"Ada"', "7", "[{}]"])
def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    answer = APIClient().generic("POST", "/api/users", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_with_one_name_at_the_same_moment() -> None:
    barrier, codes = threading.Barrier(4), []

    def sign_up(number: int) -> None:
        client = APIClient(raise_request_exception=False)
        barrier.wait()
        codes.append(client.post("/api/users", {**ADA, "email": f"ada{number}@example.org"}).status_code)
        connection.close()

    threads = [threading.Thread(target=sign_up, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(201) == 1
    assert set(codes) <= {201, 400, 409}
    assert User.objects.count() == 1


def test_sign_ups_are_throttled_by_address(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "sign_up": (2, 3600)}
    codes = [APIClient().post("/api/users", {}, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in "12"]
    refused = APIClient().post("/api/users", ADA, headers={"X-Forwarded-For": "10.0.0.3"})
    assert codes == [400, 400]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert refused.json()["title"] == "Too Many Requests"
    assert APIClient(REMOTE_ADDR="10.0.0.9").post("/api/users", ADA).status_code == 201


def test_throttles_can_be_switched_off(settings: Settings) -> None:
    settings.THROTTLES = False
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "sign_up": (0, 3600)}
    assert APIClient().post("/api/users", ADA).status_code == 201


def test_users_are_throttled_each_for_themselves(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "user": (1, 3600), "anonymous": (1, 3600)}
    ada, bob = client_of(UserFactory.create()), client_of(UserFactory.create())
    codes = [client.get("/api/users/x").status_code for client in (ada, ada, bob, APIClient(), APIClient())]
    assert codes == [404, 429, 404, 404, 429]


def test_a_dead_cache_holds_nobody_up(settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert APIClient().post("/api/users", ADA).status_code == 201
    browser = Client()
    browser.force_login(User.objects.get(), backend=django_settings.AUTHENTICATION_BACKENDS[0])
    assert browser.get("/api/bookmarks").status_code == 200


def test_a_user_is_found_by_id_and_by_name_in_any_case() -> None:
    user = UserFactory.create(
        username="Ada", bio="<b>\u2028", verified=True, avatar="avatars/ada.png", follower_count=3
    )
    answers = [APIClient().get(f"/api/users/{who}") for who in (user.pk, "Ada", "aDA")]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].json() | {"created_at": ""} == {
        "id": str(user.pk),
        "username": "Ada",
        "display_name": user.display_name,
        "bio": "<b>\u2028",
        "avatar_url": "http://testserver/media/avatars/ada.png",
        "verified": True,
        "protected": False,
        "follower_count": 3,
        "following_count": 0,
        "tweet_count": 0,
        "created_at": "",
    }


def test_times_are_iso_8601_in_utc() -> None:
    user = UserFactory.create()
    User.objects.filter(pk=user.pk).update(created_at=dt.datetime(2024, 2, 29, 12, 30, 1, 5000, dt.UTC))
    assert APIClient().get(f"/api/users/{user.pk}").json()["created_at"] == "2024-02-29T12:30:01.005000Z"


def test_a_number_is_a_name_if_somebody_bears_it_and_otherwise_an_id() -> None:
    bearer, early = UserFactory.create(username="12345"), UserFactory.create(id=12345, username="early")
    first = UserFactory.create(id=7, username="first")

    def found(who: str) -> str:
        return str(APIClient().get(f"/api/users/{who}").json()["id"])

    assert found("12345") == str(bearer.pk)
    assert found("early") == str(early.pk)
    assert found("7") == str(first.pk)
    assert found(str(bearer.pk)) == str(bearer.pk)


@pytest.mark.parametrize(
    "who", ["nobody", "0", "1" * 19, "9" * 19, "9" * 30, "9" * 5000, "%00", "a%00b", "a%25", "%C3%A4", "-1", "1.0", "٣"]
)
def test_an_unknown_user_is_a_404(who: str) -> None:
    answer = APIClient().get(f"/api/users/{who}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no such user."


def test_a_closed_account_is_a_404_and_cannot_be_followed() -> None:
    closed, ada = UserFactory.create(is_active=False), client_of(UserFactory.create())
    assert ada.get(f"/api/users/{closed.pk}").status_code == 404
    assert ada.get(f"/api/users/{closed.username}").status_code == 404
    assert ada.post(f"/api/users/{closed.pk}/follow").status_code == 404


def test_who_follows_a_closed_account_can_stop() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()
    client, path = client_of(ada), f"/api/users/{bob.pk}/follow"
    client.post(path)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert client.delete(path).json() == {"following": False, "requested": False, "changed": True}


def test_a_user_costs_one_query_and_a_token_another(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = UserFactory.create()
    anonymous, known = APIClient(), client_of(user)
    for who in (user.pk, user.username):
        with django_assert_num_queries(1):
            anonymous.get(f"/api/users/{who}")
        with django_assert_num_queries(2):
            known.get(f"/api/users/{who}")


def test_follow_and_unfollow_say_whether_anything_changed() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()
    client, path = client_of(ada), f"/api/users/{bob.pk}/follow"
    answers = [client.post(path), client.post(path), client.delete(path), client.delete(path)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    assert [answer.json() for answer in answers] == [
        {"following": True, "requested": False, "changed": True},
        {"following": True, "requested": False, "changed": False},
        {"following": False, "requested": False, "changed": True},
        {"following": False, "requested": False, "changed": False},
    ]


def test_a_follow_is_the_callers() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()
    client_of(ada).post(f"/api/users/{bob.pk}/follow")
    client_of(UserFactory.create()).delete(f"/api/users/{bob.pk}/follow")
    assert [(follow.follower_id, follow.followee_id) for follow in Follow.objects.all()] == [(ada.pk, bob.pk)]


def test_nobody_follows_themselves() -> None:
    ada = UserFactory.create()
    answer = client_of(ada).post(f"/api/users/{ada.pk}/follow")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "You cannot follow yourself."


@pytest.mark.parametrize("user_id", ["1", "9" * 19, "9" * 40, "9" * 5000, "ada", "-1", "%00"])
def test_following_somebody_unknown_is_a_404(user_id: str) -> None:
    client = client_of(UserFactory.create(username="ada"))
    assert client.post(f"/api/users/{user_id}/follow").status_code == 404
    assert client.delete(f"/api/users/{user_id}/follow").status_code == 404


@pytest.mark.parametrize("method", ["post", "delete"])
def test_who_is_not_logged_in_is_told_how(method: str) -> None:
    bob = UserFactory.create()
    answer = getattr(APIClient(), method)(f"/api/users/{bob.pk}/follow")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Follow.objects.exists()


def test_a_session_counts_with_a_csrf_token_only() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(ada, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    path = f"/api/users/{bob.pk}/follow"
    refused = browser.post(path)
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
    assert not Follow.objects.exists()
    browser.cookies["csrftoken"] = "t" * 32
    assert browser.post(path, headers={"X-CSRFToken": "t" * 32}).json() == {
        "following": True,
        "requested": False,
        "changed": True,
    }
    assert browser.get(f"/api/users/{bob.pk}").status_code == 200


@pytest.mark.parametrize("header", ["Token", "Token nope", "Token a b", "Token \xff", "token " + "0" * 64, "Token \0"])
def test_a_wrong_token_is_refused_even_where_none_is_needed(header: str) -> None:
    answer = APIClient(headers={"Authorization": header}).get(f"/api/users/{UserFactory.create().pk}")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_an_expired_token_and_one_of_a_closed_account_are_refused() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()
    clients = [client_of(ada), client_of(bob)]
    get_token_model().objects.filter(user=ada).update(expiry=timezone.now() - dt.timedelta(seconds=1))
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert [client.get("/api/bookmarks").status_code for client in clients] == [401, 401]


def test_create_token_prints_a_token_that_works_and_stores_its_hash() -> None:
    UserFactory.create(username="Ada")
    out = StringIO()
    call_command("create_token", "ada", stdout=out)
    token = out.getvalue()[:-1]
    assert out.getvalue() == f"{token}\n"
    assert APIClient(headers={"Authorization": f"Token {token}"}).get("/api/bookmarks").status_code == 200
    stored: list[dict[str, Any]] = list(get_token_model().objects.values("digest", "token_key"))
    assert token not in json.dumps(stored)


@pytest.mark.parametrize("name", ["nobody", "closed", ""])
def test_create_token_knows_whom_it_is_for(name: str) -> None:
    UserFactory.create(username="closed", is_active=False)
    with pytest.raises(CommandError, match="There is no active account with the user name"):
        call_command("create_token", name)
