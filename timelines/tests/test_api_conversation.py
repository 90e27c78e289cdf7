"""The conversation below a tweet, for programs."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import services as accounts
from accounts.models import User
from timelines.tests.site import person, post
from tweets import services as tweets
from tweets.models import Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("ada")


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def conversation(tweet_id: int, query: str = "", viewer: User | None = None) -> Any:
    answer = client_of(viewer).get(f"/api/tweets/{tweet_id}/conversation{query}")
    assert answer.status_code == 200
    return answer.json()


def test_places_come_in_the_order_in_which_the_tree_is_read(ada: User) -> None:
    root = post(ada)
    a, b = post(ada, "A.", root), post(ada, "B.", root)
    a1 = post(ada, "A1.", a)
    page = conversation(root.pk)
    assert page["next"] is None
    assert [(p["id"], p["parent_id"], p["depth"]) for p in page["results"]] == [
        (f"{a.pk}", f"{root.pk}", 1),
        (f"{a1.pk}", f"{a.pk}", 2),
        (f"{b.pk}", f"{root.pk}", 1),
    ]
    assert [p["tweet"]["text"] for p in page["results"]] == ["A.", "A1.", "B."]
    assert {(p["placeholder"], p["muted"]) for p in page["results"]} == {(None, None)}
    assert [p["depth"] for p in conversation(a.pk)["results"]] == [1]


def test_cursors_walk_to_the_end(ada: User) -> None:
    root = post(ada)
    for _ in range(4):
        post(ada, "Below.", post(ada, "Above.", root))
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = conversation(root.pk, f"?limit=3&cursor={cursor}")
        walked += [place["id"] for place in page["results"]]
        cursor = page["next"]
    assert walked == [place["id"] for place in conversation(root.pk)["results"]]
    assert len(walked) == 8
    other = post(ada)
    first = conversation(root.pk, "?limit=3")["next"]
    for path in (f"{other.pk}/conversation?cursor={first}", f"{root.pk}/conversation?cursor=AAAA"):
        answer = client_of(None).get(f"/api/tweets/{path}")
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {"cursor"}


def test_what_is_not_shown_says_why_and_nothing_else(ada: User) -> None:
    shy, bob = person("shy", protected=True), person("bob")
    root = post(ada)
    gone = post(bob, "Gone.", root)
    tweets.delete_tweet(tweet=gone, by=bob)
    accounts.follow(follower=ada, followee=shy)
    accounts.approve_request(followee=shy, follower=ada)
    secret = post(shy, "Secret.", root)
    post(shy, "Also secret.", root)
    under = post(ada, "Under it.", secret)
    page = conversation(root.pk, viewer=bob)
    assert [(p["id"], p["placeholder"], p["depth"]) for p in page["results"]] == [
        (f"{gone.pk}", "deleted", 1),
        (f"{secret.pk}", "hidden", 1),
        (f"{under.pk}", None, 2),
    ]
    assert [p["tweet"] is None for p in page["results"]] == [True, True, False]
    assert len(conversation(root.pk, viewer=ada)["results"]) == 4
    for path in ("conversation", "replies"):
        for tweet_id in (secret.pk, 1):
            answer = client_of(bob).get(f"/api/tweets/{tweet_id}/{path}")
            assert answer.status_code == 404
            assert "ecret" not in answer.content.decode()


def test_around_a_deleted_or_erased_tweet_the_conversation_stays(ada: User) -> None:
    bob = person("bob")
    root = post(bob)
    middle = post(bob, "Middle.", root)
    leaf = post(ada, "Leaf.", middle)
    tweets.delete_tweet(tweet=middle, by=bob)
    assert [p["id"] for p in conversation(middle.pk)["results"]] == [f"{leaf.pk}"]
    Tweet.objects.filter(author=bob).delete()
    assert [(p["id"], p["placeholder"]) for p in conversation(root.pk)["results"]] == [
        (f"{middle.pk}", "deleted"),
        (f"{leaf.pk}", None),
    ]


def test_muted_people_and_words_are_marked(ada: User) -> None:
    bob = person("bob")
    root = post(ada)
    post(bob, "Hello.", root)
    post(person("carol"), "Spoiler!", root)
    accounts.mute(muter=ada, muted=bob)
    accounts.mute_word(user=ada, word="spoiler")
    assert [p["muted"] for p in conversation(root.pk, viewer=ada)["results"]] == ["person", "word"]
    assert [p["muted"] for p in conversation(root.pk, viewer=bob)["results"]] == [None, None]


@pytest.mark.parametrize("count", [1, 20, 30])
def test_the_number_of_queries(ada: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The tweet, the places, their cards; for members what they mute."""
    root = post(ada)
    for n in range(count):
        post(ada, f"{n}", root)
    for viewer, queries in ((None, 3), (ada, 4)):
        client = client_of(viewer)
        with django_assert_num_queries(queries):
            answer = client.get(f"/api/tweets/{root.pk}/conversation")
        assert len(answer.json()["results"]) == count
