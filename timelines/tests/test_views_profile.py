"""Profiles with their tabs, and what stands above a post: who sees which posts, in which order."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import User
from timelines.tests.site import card_ids, html, logged_in, person, post, posts, walk
from tweets import services as tweets
from tweets.models import Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("Ada", display_name="Ada Lovelace")


@pytest.fixture
def bob(ada: User) -> User:
    """Follows Ada."""
    bob = person("bob")
    accounts.follow(follower=bob, followee=ada)
    return bob


def test_posts_and_replies_stand_on_tabs_of_their_own(client: Client, ada: User, bob: User) -> None:
    first, second = posts(ada, 21), post(bob)
    answers = [post(ada, f"{n}", second).pk for n in range(21)][::-1]
    assert [tweet_id for page in walk(client, "/Ada/") for tweet_id in page] == first
    assert [tweet_id for page in walk(client, "/Ada/replies/") for tweet_id in page] == answers
    assert client.get("/ADA/replies/?limit=3").headers["Location"] == "/Ada/replies/?limit=3"


def test_likes_are_for_their_owner_latest_first(client: Client, ada: User, bob: User) -> None:
    ids = posts(ada, 25)
    for tweet in Tweet.objects.filter(pk__in=ids).order_by("-pk"):
        tweets.like(user=bob, tweet=tweet)
    own = logged_in(bob)
    assert [tweet_id for page in walk(own, "/bob/likes/") for tweet_id in page] == ids[::-1]
    assert 'href="/bob/likes/"' in html(own.get("/bob/"))
    third = logged_in(ada)
    response = third.get("/bob/likes/")
    assert response.status_code == 403
    assert "seen by them alone" in html(response)
    assert 'href="/bob/likes/"' not in html(third.get("/bob/"))
    assert client.get("/bob/likes/").headers["Location"] == "/accounts/login/?next=/bob/likes/"


def test_above_a_tweet_stands_what_it_answers_and_where_a_deleted_post_was(
    client: Client, ada: User, bob: User
) -> None:
    root = post(ada, "Root.")
    middle = post(bob, "Middle.", root)
    leaf = post(ada, "Leaf.", middle)
    assert card_ids(client.get(leaf.get_absolute_url())) == [root.pk, middle.pk, leaf.pk]
    assert 'In reply to <a href="/tweets/' in html(client.get(leaf.get_absolute_url()))
    tweets.delete_tweet(tweet=middle, by=bob)
    page = client.get(leaf.get_absolute_url())
    assert card_ids(page) == [root.pk, leaf.pk]
    assert html(page).count("This post was deleted") == 1
    assert ">a post</a>" in html(page)


def test_a_long_thread_is_cut_above(client: Client, ada: User, settings: Settings) -> None:
    settings.THREAD_ABOVE = 3
    tweet = post(ada)
    for n in range(5):
        tweet = post(ada, f"{n}", tweet)
    assert len(card_ids(client.get(tweet.get_absolute_url()))) == 4


def test_a_profile_is_public_and_shows_only_its_owners_posts(client: Client, ada: User, bob: User) -> None:
    ids = posts(ada, 21)
    post(bob)
    response = client.get("/Ada/")
    assert response.status_code == 200
    assert "Ada Lovelace" in html(response)
    assert [tweet_id for page in walk(client, "/Ada/") for tweet_id in page] == ids


def test_a_profile_is_found_in_any_case_at_one_address(client: Client, ada: User) -> None:
    response = client.get("/aDA/?limit=5")
    assert (response.status_code, response.headers["Location"]) == (302, "/Ada/?limit=5")
    assert client.get("/ADA/").headers["Location"] == "/Ada/"


def test_a_closed_account_has_no_profile(client: Client) -> None:
    person("gone", is_active=False)
    assert client.get("/gone/").status_code == 404
