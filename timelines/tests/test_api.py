"""Tweets in the API: posting, reading, marking, and who may see what."""

from typing import Any
from urllib.parse import quote

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import follow
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory
from socialgraph import events
from tweets.models import Bookmark, Like, Tweet
from tweets.services import bookmark, delete_tweet, like, post_tweet

pytestmark = pytest.mark.django_db
committing = pytest.mark.django_db(transaction=True)  # what follows a commit happens, as it does in production


def post(author: User, count: int = 1, reply_to: Tweet | None = None) -> list[Tweet]:
    return [post_tweet(author=author, text=f"tweet {n}", reply_to=reply_to).tweet for n in range(count)]


def ids(client: APIClient, path: str) -> list[str]:
    """The ids of all pages behind `path`."""
    found: list[str] = []
    page = client.get(path).json()
    while True:
        found += [tweet["id"] for tweet in page["results"]]
        if page["next"] is None:
            return found
        page = client.get(f"{path}{'&' if '?' in path else '?'}cursor={page['next']}").json()


def as_ids(tweets: list[Tweet]) -> list[str]:
    return [str(tweet.pk) for tweet in tweets]


class TestPosting:
    def test_a_new_tweet_is_answered_whole(self) -> None:
        ada = UserFactory.create(username="ada", display_name="Ada")
        answer = client_of(ada).post("/api/tweets", {"text": "  Caf\u0065\u0301 #now \r\n"})
        tweet = Tweet.objects.get()
        assert answer.status_code == 201
        assert answer.headers["Location"] == f"http://testserver/api/tweets/{tweet.pk}"
        assert answer.json() == {
            "id": str(tweet.pk),
            "text": "Café #now",
            "author": {
                "id": str(ada.pk),
                "username": "ada",
                "display_name": "Ada",
                "bio": "",
                "avatar_url": None,
                "verified": False,
                "protected": False,
                "follower_count": 0,
                "following_count": 0,
                "tweet_count": 0,
                "created_at": ada.created_at.isoformat().replace("+00:00", "Z"),
            },
            "reply_to": None,
            "quote_of": None,
            "quote": None,
            "version": 1,
            "created_at": tweet.created_at.isoformat().replace("+00:00", "Z"),
            "edited_at": None,
            "like_count": 0,
            "retweet_count": 0,
            "reply_count": 0,
            "quote_count": 0,
            "liked": False,
            "retweeted": False,
            "bookmarked": False,
            "retweeted_by": [],
            "media": [],
        }

    @pytest.mark.parametrize("as_sent", [str, int])
    def test_a_reply_names_its_tweet(self, as_sent: type) -> None:
        [root] = post(UserFactory.create())
        answer = client_of(UserFactory.create()).post("/api/tweets", {"text": "yes", "reply_to": as_sent(root.pk)})
        assert answer.status_code == 201
        assert answer.json()["reply_to"] == str(root.pk)

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({}, {"text": ["This field is required."]}),
            ({"text": None}, {"text": ["This field may not be null."]}),
            ({"text": 7}, {"text": ["Not a valid string."]}),
            ({"text": ["a"]}, {"text": ["Not a valid string."]}),
            ({"text": "a\0b"}, {"text": ["Null characters are not allowed."]}),
            ({"text": ""}, {"text": ["Write something first: there is nothing to see in this text."]}),
            ({"text": "\u200b \u2060"}, {"text": ["Write something first: there is nothing to see in this text."]}),
            ({"text": "a" * 281}, {"text": ["Remove 1 character: a text has at most 280."]}),
            ({"text": "a", "reply_to": "1"}, {"reply_to": ["There is no such tweet."]}),
            ({"text": "a", "reply_to": "9" * 19}, {"reply_to": ["There is no such tweet."]}),
            ({"text": "a", "reply_to": -1}, {"reply_to": ["There is no such tweet."]}),
            ({"text": "a", "reply_to": 1e30}, {"reply_to": ["Not an id: send the digits as a string."]}),
            ({"text": "a", "reply_to": True}, {"reply_to": ["Not an id: send the digits as a string."]}),
            ({"text": "a", "reply_to": "1\n"}, {"reply_to": ["Not an id: send the digits as a string."]}),
            ({"text": "a", "reply_to": "9" * 5000}, {"reply_to": ["Not an id: send the digits as a string."]}),
            ({"text": "a", "reply_to": {}}, {"reply_to": ["Not an id: send the digits as a string."]}),
        ],
    )
    def test_what_is_wrong_is_said_by_field(self, body: dict[str, object], errors: dict[str, list[str]]) -> None:
        answer = client_of(UserFactory.create()).post("/api/tweets", body)
        assert answer.status_code == 400
        assert answer.json()["errors"] == errors
        assert not Tweet.objects.exists()

    def test_nobody_replies_to_a_deleted_tweet(self) -> None:
        ada = UserFactory.create()
        [tweet] = post(ada)
        delete_tweet(tweet=tweet, by=ada)
        answer = client_of(ada).post("/api/tweets", {"text": "late", "reply_to": str(tweet.pk)})
        assert answer.status_code == 400
        assert answer.json()["errors"] == {"reply_to": ["The tweet you reply to was deleted, or is not shown to you."]}

    def test_posting_needs_an_account(self) -> None:
        assert APIClient().post("/api/tweets", {"text": "hello"}).status_code == 401
        assert not Tweet.objects.exists()

    def test_posts_are_throttled(self, settings: Settings) -> None:
        settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "post": (1, 3600)}
        ada, bob = client_of(UserFactory.create()), client_of(UserFactory.create())
        codes = [client.post("/api/tweets", {"text": "hello"}).status_code for client in (ada, ada, bob)]
        assert codes == [201, 429, 201]
        assert ada.get("/api/bookmarks").status_code == 200


class TestIdempotencyKey:
    def test_the_same_key_posts_once(self) -> None:
        client = client_of(UserFactory.create())
        first = client.post("/api/tweets", {"text": "once"}, headers={"Idempotency-Key": "k-1"})
        again = client.post("/api/tweets", {"text": "once"}, headers={"Idempotency-Key": "k-1"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert Tweet.objects.count() == 1

    def test_a_key_is_its_users_own(self) -> None:
        codes = [
            client_of(UserFactory.create())
            .post("/api/tweets", {"text": "a"}, headers={"Idempotency-Key": "k"})
            .status_code
            for _ in range(2)
        ]
        assert codes == [201, 201]

    def test_the_key_of_a_deleted_tweet_is_gone(self) -> None:
        client = client_of(UserFactory.create())
        first = client.post("/api/tweets", {"text": "once"}, headers={"Idempotency-Key": "k"})
        client.delete(f"/api/tweets/{first.json()['id']}")
        again = client.post("/api/tweets", {"text": "once"}, headers={"Idempotency-Key": "k"})
        assert again.status_code == 410
        assert Tweet.objects.count() == 1

    @pytest.mark.parametrize("key", ["k" * 65, "a b", "a\0b", "ä", "\x7f"])
    def test_a_key_is_short_and_plain(self, key: str) -> None:
        answer = client_of(UserFactory.create()).post("/api/tweets", {"text": "a"}, headers={"Idempotency-Key": key})
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {"Idempotency-Key"}
        assert not Tweet.objects.exists()


class TestReadingATweet:
    def test_everybody_may_read_it_and_sees_their_own_marks(self) -> None:
        ada, bob = UserFactory.create(), UserFactory.create()
        [tweet] = post(ada)
        like(user=bob, tweet=tweet)
        bookmark(user=ada, tweet=tweet)
        path = f"/api/tweets/{tweet.pk}"
        seen = [client.get(path).json() for client in (APIClient(), client_of(ada), client_of(bob))]
        assert [(card["liked"], card["bookmarked"]) for card in seen] == [(False, False), (False, True), (True, False)]

    @pytest.mark.parametrize("tweet_id", ["1", "9" * 19, "9" * 40, "9" * 5000, "x", "%00", "1.0"])
    def test_an_unknown_one_is_a_404(self, tweet_id: str) -> None:
        client = client_of(UserFactory.create())
        path = f"/api/tweets/{tweet_id}"
        answers = [client.get(path), client.delete(path), client.get(f"{path}/replies")]
        answers += [client.post(f"{path}/{mark}") for mark in ("like", "bookmark")]
        answers += [client.delete(f"{path}/{mark}") for mark in ("like", "bookmark")]
        assert {answer.status_code for answer in answers} == {404}
        assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}


@committing
class TestDeleting:
    def test_its_author_deletes_a_tweet_everywhere(self) -> None:
        ada = UserFactory.create()
        [root] = post(ada)
        [reply] = post(ada, reply_to=root)
        bookmark(user=ada, tweet=reply)
        client = client_of(ada)
        answer = client.delete(f"/api/tweets/{reply.pk}")
        assert (answer.status_code, answer.content) == (204, b"")
        events.drain()
        assert ids(client, f"/api/users/{ada.pk}/timeline") == as_ids([root])
        assert ids(client, f"/api/users/{ada.pk}/tweets") == as_ids([root])
        assert ids(client, f"/api/tweets/{root.pk}/replies") == []
        assert ids(client, "/api/bookmarks") == []
        path = f"/api/tweets/{reply.pk}"
        again = [client.get(path), client.delete(path), client.post(f"{path}/like"), client.get(f"{path}/replies")]
        assert {answer.status_code for answer in again} == {404}

    def test_others_cannot_but_staff_can(self) -> None:
        [tweet] = post(UserFactory.create())
        path = f"/api/tweets/{tweet.pk}"
        assert APIClient().delete(path).status_code == 401
        refused = client_of(UserFactory.create()).delete(path)
        assert (refused.status_code, refused.json()["detail"]) == (403, "Only the author can delete a tweet.")
        assert client_of(UserFactory.create(is_staff=True)).delete(path).status_code == 204


class TestMarking:
    @pytest.mark.parametrize(("path", "name", "kind"), [("like", "liked", Like), ("bookmark", "bookmarked", Bookmark)])
    def test_repeating_changes_nothing(self, path: str, name: str, kind: type[Like] | type[Bookmark]) -> None:
        ada = UserFactory.create()
        [tweet] = post(UserFactory.create())
        client, url = client_of(ada), f"/api/tweets/{tweet.pk}/{path}"
        answers = [client.post(url), client.post(url), client.delete(url), client.delete(url), client.post(url)]
        assert {answer.status_code for answer in answers} == {200}
        assert [answer.json() for answer in answers] == [
            {name: True, "changed": True},
            {name: True, "changed": False},
            {name: False, "changed": True},
            {name: False, "changed": False},
            {name: True, "changed": True},
        ]
        assert list(kind.objects.values_list("user_id", "tweet_id")) == [(ada.pk, tweet.pk)]

    @pytest.mark.parametrize("path", ["like", "bookmark"])
    def test_it_needs_an_account(self, path: str) -> None:
        [tweet] = post(UserFactory.create())
        url = f"/api/tweets/{tweet.pk}/{path}"
        assert (APIClient().post(url).status_code, APIClient().delete(url).status_code) == (401, 401)


class TestBookmarks:
    def test_last_bookmarked_first_over_all_pages(self) -> None:
        ada = UserFactory.create()
        tweets = post(UserFactory.create(), 5)
        order = [tweets[n] for n in (3, 0, 4, 1, 2)]
        for tweet in order:
            bookmark(user=ada, tweet=tweet)
        assert ids(client_of(ada), "/api/bookmarks?limit=2") == as_ids(order)[::-1]

    def test_nobody_sees_anothers(self) -> None:
        ada = UserFactory.create()
        [tweet] = post(UserFactory.create())
        bookmark(user=ada, tweet=tweet)
        assert client_of(UserFactory.create()).get("/api/bookmarks").json() == {"results": [], "next": None}
        assert client_of(UserFactory.create(is_staff=True)).get("/api/bookmarks").json() == {
            "results": [],
            "next": None,
        }
        assert APIClient().get("/api/bookmarks").status_code == 401


@committing
class TestHomeTimeline:
    def test_it_holds_what_the_viewer_follows_and_nothing_else(self) -> None:
        ada, bob, eve = UserFactory.create(), UserFactory.create(), UserFactory.create()
        path, client = f"/api/users/{ada.pk}/timeline", client_of(ada)
        before = post(bob)
        assert client.get(path).json() == {"results": [], "next": None}
        client.post(f"/api/users/{bob.pk}/follow")
        assert ids(client, path) == as_ids(before)
        mine, later, _ = post(ada), post(bob, 3), post(eve)
        events.drain()
        assert ids(client, path) == as_ids([*later[::-1], *mine, *before])
        client.delete(f"/api/users/{bob.pk}/follow")
        assert ids(client, path) == as_ids(mine)

    @pytest.mark.parametrize("limit", [1, 2, 7, 100])
    def test_its_pages_leave_nothing_out(self, limit: int) -> None:
        ada, bob = UserFactory.create(), UserFactory.create()
        follow(follower=ada, followee=bob)
        tweets = post(bob, 9)
        events.drain()
        page = client_of(ada).get(f"/api/users/{ada.pk}/timeline?limit={limit}").json()
        assert set(page) == {"results", "next"}
        assert len(page["results"]) == min(limit, 9)
        assert ids(client_of(ada), f"/api/users/{ada.pk}/timeline?limit={limit}") == as_ids(tweets)[::-1]

    @pytest.mark.parametrize("query", ["?limit=50&cursor=", "?limit=&cursor=", "?cursor", "?other=1", ""])
    def test_what_is_empty_counts_as_left_out(self, query: str) -> None:
        ada = UserFactory.create()
        tweets = post(ada, 3)
        page = client_of(ada).get(f"/api/users/{ada.pk}/timeline{query}").json()
        assert [tweet["id"] for tweet in page["results"]] == as_ids(tweets)[::-1]
        assert page["next"] is None

    def test_a_third_person_sees_nothing_of_it(self) -> None:
        ada = UserFactory.create()
        post(ada)
        path = f"/api/users/{ada.pk}/timeline"
        anonymous, other = APIClient().get(path), client_of(UserFactory.create()).get(path)
        assert (anonymous.status_code, other.status_code) == (401, 403)
        assert other.json()["detail"] == "A home timeline is for its owner."
        assert client_of(UserFactory.create()).get("/api/users/1/timeline").status_code == 403

    def test_staff_see_the_tweets_and_not_the_owners_marks(self) -> None:
        ada, staff = UserFactory.create(), UserFactory.create(is_staff=True)
        newer_last = post(ada, 2)
        bookmark(user=ada, tweet=newer_last[0])
        like(user=staff, tweet=newer_last[1])
        client = client_of(staff)
        page = client.get(f"/api/users/{ada.pk}/timeline").json()
        seen = [(tweet["id"], tweet["liked"], tweet["bookmarked"]) for tweet in page["results"]]
        newer, older = as_ids(newer_last)[::-1]
        assert seen == [(newer, True, False), (older, False, False)]
        assert ids(client, f"/api/users/{ada.pk}/timeline?limit=1") == [newer, older]
        assert client.get("/api/users/1/timeline").status_code == 404

    def test_reading_it_keeps_the_reader_active_and_staff_do_not(self) -> None:
        ada, staff = UserFactory.create(last_active_on=None), UserFactory.create(is_staff=True)
        client_of(staff).get(f"/api/users/{ada.pk}/timeline")
        assert User.objects.get(pk=ada.pk).last_active_on is None
        client_of(ada).get(f"/api/users/{ada.pk}/timeline")
        assert User.objects.get(pk=ada.pk).last_active_on is not None


class TestLists:
    def test_a_users_tweets_are_everybodys_newest_first(self) -> None:
        ada = UserFactory.create()
        tweets = post(ada, 5)
        post(UserFactory.create())
        assert ids(APIClient(), f"/api/users/{ada.pk}/tweets?limit=2") == as_ids(tweets)[::-1]
        assert APIClient().get("/api/users/1/tweets").status_code == 404

    def test_replies_stand_oldest_first(self) -> None:
        [root] = post(UserFactory.create())
        replies = post(UserFactory.create(), 5, reply_to=root)
        post(UserFactory.create(), reply_to=replies[0])
        assert ids(APIClient(), f"/api/tweets/{root.pk}/replies?limit=2") == as_ids(replies)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=many", "limit"),
            ("limit=1e2", "limit"),
            ("limit=" + "9" * 5000, "limit"),
            ("limit=%00", "limit"),
            ("cursor=1", "cursor"),
            ("cursor=%00", "cursor"),
            ("cursor=%F0%9F%98%80", "cursor"),
            ("cursor=AAAA", "cursor"),
            ("cursor=" + "A" * 5000, "cursor"),
            ("cursor=" + quote("__________8="), "cursor"),
        ],
    )
    def test_a_wrong_limit_or_cursor_is_refused(self, query: str, field: str) -> None:
        ada = UserFactory.create()
        [tweet] = post(ada)
        client = client_of(ada)
        for path in (f"users/{ada.pk}/timeline", f"users/{ada.pk}/tweets", f"tweets/{tweet.pk}/replies", "bookmarks"):
            answer = client.get(f"/api/{path}?{query}")
            assert answer.status_code == 400
            assert set(answer.json()["errors"]) == {field}


class TestCosts:
    """Queries with a token, which is one of them but on the own timeline.

    The same for one row and for fifty, once their cards are kept.
    """

    @pytest.mark.parametrize("count", [1, 20, 50])
    def test_pages(self, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        ada, bob = UserFactory.create(), UserFactory.create()
        follow(follower=ada, followee=bob)
        tweets = post(bob, count)
        for tweet in tweets:
            bookmark(user=ada, tweet=tweet)
        post(bob, count, reply_to=tweets[0])
        events.drain()
        client = client_of(ada)
        paths = {
            f"users/{ada.pk}/timeline": 1,
            f"users/{bob.pk}/tweets": 5,
            f"tweets/{tweets[0].pk}/replies": 3,
            f"tweets/{tweets[0].pk}": 2,
            "bookmarks": 3,
        }
        for path, cost in paths.items():
            client.get(f"/api/{path}?limit={count}")
            with django_assert_num_queries(cost):
                page: dict[str, Any] = client.get(f"/api/{path}?limit={count}").json()
            assert len(page.get("results", range(count))) == count
