"""Editing by the API, and what a tweet said before."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import services as accounts
from accounts.models import User
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory
from tweets.models import Tweet
from tweets.services import delete_tweet, edit_tweet, post_tweet
from tweets.tests.images import waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


@pytest.fixture
def tweet(ada: User) -> Tweet:
    return post_tweet(author=ada, text="First", media_ids=waiting(ada, ("media/a.png", 30, 20, "A cat"))).tweet


def patch(who: User, tweet: Tweet, body: dict[str, Any]) -> Any:
    return client_of(who).patch(f"/api/tweets/{tweet.pk}", body)


def test_an_edit_answers_the_tweet_as_it_is_now(ada: User, tweet: Tweet) -> None:
    answer = patch(ada, tweet, {"text": " Second \r\n", "alts": ["A dog"]})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["text"], body["version"]) == (str(tweet.pk), "Second", 2)
    assert body["media"][0]["alt"] == "A dog"
    assert body["edited_at"] is not None
    assert patch(ada, tweet, {"text": "Second"}).json() == body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "x" * 281}, "text"),
        ({"text": 5}, "text"),
        ({}, "text"),
        ({"text": "ok", "alts": []}, "alt"),
        ({"text": "ok", "alts": "A"}, "alts"),
        ({"text": "ok", "alts": [7]}, "alts"),
    ],
)
def test_what_is_refused(ada: User, tweet: Tweet, body: dict[str, Any], field: str) -> None:
    answer = patch(ada, tweet, body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert Tweet.objects.get().version == 1


def test_who_may(ada: User, tweet: Tweet) -> None:
    bob = UserFactory.create(is_staff=True)
    assert APIClient().patch(f"/api/tweets/{tweet.pk}", {"text": "x"}).status_code == 401
    answer = patch(bob, tweet, {"text": "x"})
    assert (answer.status_code, answer.json()["detail"]) == (403, "Only its author can edit a tweet.")
    accounts.block(blocker=ada, blocked=bob)
    assert patch(bob, tweet, {"text": "x"}).status_code == 404
    Tweet.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))
    answer = patch(ada, tweet, {"text": "x"})
    assert (answer.status_code, "too late" in answer.json()["detail"]) == (403, True)
    delete_tweet(tweet=tweet, by=ada)
    assert patch(ada, tweet, {"text": "x"}).status_code == 404


def test_the_history(ada: User, tweet: Tweet) -> None:
    edit_tweet(tweet=tweet, by=ada, text="Second", alts=["A dog"])
    answer = APIClient().get(f"/api/tweets/{tweet.pk}/history").json()
    assert answer["next"] is None
    assert [(row["version"], row["text"], row["media"][0]["alt"]) for row in answer["results"]] == [
        *[(2, "Second", "A dog"), (1, "First", "A cat")]
    ]
    assert answer["results"][1]["created_at"] == tweet.created_at.isoformat().replace("+00:00", "Z")


def test_who_may_read_the_history(ada: User, tweet: Tweet) -> None:
    bob = UserFactory.create()
    path = f"/api/tweets/{tweet.pk}/history"
    accounts.protect(user=ada, protected=True)
    accounts.follow(follower=bob, followee=ada)  # asks only
    assert client_of(bob).get(path).status_code == 404
    assert client_of(ada).get(path).status_code == 200
    delete_tweet(tweet=tweet, by=ada)
    assert client_of(ada).get(path).status_code == 404


@pytest.mark.parametrize("edits", [1, 20])
def test_queries_of_the_history(
    ada: User, tweet: Tweet, edits: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The card, the images, the versions."""
    for n in range(edits):
        edit_tweet(tweet=tweet, by=ada, text=str(n))
    with django_assert_num_queries(3):
        assert len(APIClient().get(f"/api/tweets/{tweet.pk}/history").json()["results"]) == edits + 1
