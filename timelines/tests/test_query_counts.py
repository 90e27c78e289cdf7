"""The number of database queries of the pages does not grow with what stands on them, and none is wasted.

The session comes from the cache, so what is counted is the user and what the page asks for.
"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import get_token_model
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import services as accounts
from accounts.models import User
from timelines import pages
from timelines.pages import Asked
from timelines.tests.site import card_ids, logged_in, person, post, posts
from tweets import services as tweets
from tweets.models import Like, Tweet

pytestmark = pytest.mark.django_db

COUNTS = pytest.mark.parametrize("count", [1, 50])
ALL = "?limit=100"


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def bob(ada: User) -> User:
    """Follows Ada."""
    bob = person("bob")
    accounts.follow(follower=bob, followee=ada)
    return bob


def cards_within(queries: int, assert_num_queries: DjangoAssertNumQueries, client: Client, path: str) -> int:
    """How many cards the page has, when it is read for the second time with that many queries."""
    client.get(path)
    with assert_num_queries(queries):
        response = client.get(path)
    return len(card_ids(response))


@COUNTS
@pytest.mark.parametrize("query", ["", ALL])
def test_home(ada: User, bob: User, count: int, query: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user and everything else at once."""
    posts(ada, count)
    shown = cards_within(1, django_assert_num_queries, logged_in(bob), f"/{query}")
    assert shown == (count if query else min(count, 20))


@COUNTS
def test_profile(ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user, the owner, the relationship, what may be seen, the cards; two less for a visitor."""
    posts(ada, count)
    assert cards_within(5, django_assert_num_queries, logged_in(bob), f"/ada/{ALL}") == count
    assert cards_within(4, django_assert_num_queries, logged_in(ada), f"/ada/{ALL}") == count
    assert cards_within(3, django_assert_num_queries, Client(), f"/ada/{ALL}") == count


@COUNTS
def test_profile_tabs(ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Replies: the user, the owner, the follow, the cards. Likes: the user, the owner, the likes, the cards."""
    for tweet in Tweet.objects.filter(pk__in=posts(ada, count)):
        post(ada, "And another thing.", tweet)
        tweets.like(user=ada, tweet=tweet)
    assert cards_within(5, django_assert_num_queries, logged_in(bob), f"/ada/replies/{ALL}") == count
    assert cards_within(3, django_assert_num_queries, Client(), f"/ada/replies/{ALL}") == count
    assert cards_within(4, django_assert_num_queries, logged_in(ada), f"/ada/likes/{ALL}") == count


@pytest.mark.parametrize("depth", [1, 12])
def test_what_a_post_answers(ada: User, depth: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The tweet, the places below it, the cards."""
    tweet = post(ada)
    for n in range(depth):
        tweet = post(ada, f"{n}", tweet)
    assert cards_within(3, django_assert_num_queries, Client(), tweet.get_absolute_url()) == depth + 1


@pytest.mark.parametrize("count", [1, 20, 40, 100])
def test_tweet(ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user, the tweet, the places below it, their cards, what the viewer mutes; two less for a visitor."""
    tweet = post(ada, "@bob look")
    for n in range(count):
        post(bob, f"@ada {n}", tweet)
    path = f"{tweet.get_absolute_url()}{ALL}"
    assert cards_within(5, django_assert_num_queries, logged_in(bob), path) == 1 + count
    assert cards_within(3, django_assert_num_queries, Client(), path) == 1 + count


@COUNTS
def test_bookmarks(ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user, the folders, the bookmarks, the cards."""
    for tweet in Tweet.objects.filter(pk__in=posts(ada, count)):
        tweets.bookmark(user=bob, tweet=tweet)
    assert cards_within(4, django_assert_num_queries, logged_in(bob), f"/bookmarks/{ALL}") == count


@COUNTS
def test_tag(ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user, the cards."""
    for n in range(count):
        post(ada, f"{n} #tea")
    assert cards_within(2, django_assert_num_queries, logged_in(bob), f"/tags/tea/{ALL}") == count
    assert cards_within(1, django_assert_num_queries, Client(), f"/tags/tea/{ALL}") == count


@pytest.mark.parametrize("count", [1, 20])
def test_who_passed_a_post_on(
    ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The user, the tweet, its quotes; or its retweets and how the viewer stands to who made them."""
    tweet = post(ada)
    people = [person(f"p{n}") for n in range(count)]
    for each in people:
        tweets.retweet(user=each, tweet=tweet)
        tweets.post_tweet(author=each, text="Look.", quote_of=tweet)
    client, path = logged_in(bob), tweet.get_absolute_url()
    assert cards_within(3, django_assert_num_queries, client, f"{path}quotes/{ALL}") == count
    client.get(f"{path}retweets/{ALL}")
    with django_assert_num_queries(4):
        html = client.get(f"{path}retweets/{ALL}").content.decode()
    assert all(f"@{each.username}" in html for each in people)


@COUNTS
def test_how_many_posts_are_new(
    ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The user, and home at once."""
    [first, *_] = posts(ada, count + 1)
    client = logged_in(bob)
    client.get("/")
    path = f"/timeline/new?since={first}"
    client.get(path)
    with django_assert_num_queries(2):
        assert client.get(path).status_code == 200


def test_tabs_and_front_page_walk_an_index(ada: User) -> None:
    """In the order of the page, without sorting what is not on it."""
    people = [ada, *(person(f"p{n}") for n in range(40))]
    made = Tweet.objects.bulk_create(Tweet(author=people[n % 41], text="x") for n in range(4_100))
    Tweet.objects.bulk_create(
        Tweet(author=people[n % 41], text="y", reply_to=made[n], conversation=made[n], thread_path=b"p")
        for n in range(2_050)
    )
    Like.objects.bulk_create(Like(user=people[n % 41], tweet=tweet) for n, tweet in enumerate(made))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE users, tweets, tweet_counts, likes, bookmarks")
    asked = Asked(made[3_000].pk, 20)
    reads: list[tuple[str, Callable[[], object]]] = [
        ("tweets_author", lambda: pages.user_timeline(ada, ada, asked, replies=False)),
        ("tweets_author", lambda: pages.user_timeline(ada, ada, Asked(2**62, 20), replies=True)),
        ("likes_user", lambda: pages.liked(ada, Asked(2**62, 20))),
        ("tweets_pkey", lambda: pages.latest(8)),
    ]
    for index, read in reads:
        with CaptureQueriesContext(connection) as seen:
            assert read()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {seen[0]['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert f"using {index} on" in plan, plan
        assert "Sort Key: tweets" not in plan, plan
        assert "Sort Key: t." not in plan, plan
        assert "Seq Scan on tweets" not in plan, plan


def test_log_in_asks_nothing_and_the_front_page_for_posts(
    ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    posts(ada, 10)
    client = Client()
    with django_assert_num_queries(1):
        client.get("/")
        client.get("/accounts/login/")


@pytest.mark.parametrize("what", ["like", "bookmark"])
def test_marks_of_the_api(ada: User, bob: User, what: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The caller, the mark; where nothing changes, also whether the tweet may be seen."""
    [tweet_id] = posts(ada, 1)
    token = get_token_model().objects.create(bob)[1]
    client, path = APIClient(headers={"Authorization": f"Token {token}"}), f"/api/tweets/{tweet_id}/{what}"
    for do, changed, queries in ((client.post, True, 2), (client.post, False, 3), (client.delete, True, 2)):
        with django_assert_num_queries(queries):
            assert do(path).json()["changed"] is changed
