"""The form that edits a post, and the page of all that it has said."""

import datetime as dt
import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services as accounts
from accounts.models import User
from timelines.tests.site import html, logged_in, person, post
from tweets.models import Tweet, TweetVersion
from tweets.services import delete_tweet, edit_tweet, post_tweet, retweet
from tweets.tests.images import waiting

pytestmark = pytest.mark.django_db
IMAGES = [("media/a.png", 30, 20, "A cat"), ("media/b.png", 10, 40, "")]


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def client(ada: User) -> Client:
    return logged_in(ada)


def typed(page: str) -> list[str]:
    """What the text areas hold."""
    return [unescape(text) for text in re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)]


def path(tweet: Tweet) -> str:
    return f"/tweets/{tweet.pk}/edit/"


class TestEditing:
    def test_the_form_holds_what_the_post_says(self, ada: User, client: Client) -> None:
        tweet = post_tweet(author=ada, text="\nHello <b> & 'you'", media_ids=waiting(ada, *IMAGES)).tweet
        page = html(client.get(path(tweet), headers={"Referer": "http://testserver/ada/"}))
        assert typed(page) == ["Hello <b> & 'you'", "A cat", ""]
        assert 'name="next" value="/ada/"' in page

    def test_it_is_saved(self, ada: User, client: Client) -> None:
        tweet = post_tweet(author=ada, text="Hello", media_ids=waiting(ada, *IMAGES)).tweet
        response = client.post(path(tweet), {"text": "Bye", "alt": ["A dog", "A tail"], "next": "/ada/"}, follow=True)
        assert response.redirect_chain == [(f"/ada/#t{tweet.pk}", 302)]
        assert "Your edit is saved." in html(response)
        assert Tweet.objects.get().text == "Bye"
        assert [image.alt for image in tweet.media.order_by("position")] == ["A dog", "A tail"]

    def test_nothing_changed_is_said(self, ada: User, client: Client) -> None:
        tweet = post(ada, "Hello")
        response = client.post(path(tweet), {"text": " Hello"}, follow=True)
        assert response.redirect_chain == [(f"/tweets/{tweet.pk}/#t{tweet.pk}", 302)]
        assert "Nothing was changed." in html(response)
        assert not TweetVersion.objects.exists()

    @pytest.mark.parametrize(("text", "told"), [("x" * 282, "Remove 2 characters"), ("", "Write something")])
    def test_a_refused_text_comes_back_as_typed(self, ada: User, client: Client, text: str, told: str) -> None:
        tweet = post(ada, "Hello")
        response = client.post(path(tweet), {"text": text, "next": "/ada/"})
        assert response.status_code == 422
        assert typed(html(response)) == [text]
        assert told in html(response)
        assert 'name="next" value="/ada/"' in html(response)

    def test_a_refused_description_comes_back_too(self, ada: User, client: Client) -> None:
        tweet = post_tweet(author=ada, text="Hello", media_ids=waiting(ada, *IMAGES)).tweet
        response = client.post(path(tweet), {"text": "New", "alt": ["y" * 1001, "ok"]})
        assert response.status_code == 422
        assert typed(html(response)) == ["New", "y" * 1001, "ok"]
        assert client.post(path(tweet), {"text": "New", "alt": ["one"]}).status_code == 422

    def test_too_late(self, ada: User, client: Client) -> None:
        tweet = post(ada, "Hello")
        Tweet.objects.update(created_at=timezone.now() - dt.timedelta(minutes=61))
        response = client.get(path(tweet))
        assert response.status_code == 403
        assert "1 hour after posting" in html(response)
        response = client.post(path(tweet), {"text": "What I had typed"})
        assert response.status_code == 403
        assert typed(html(response)) == ["What I had typed"]
        assert "1 hour after posting" in html(response)
        assert ">Save</button>" not in html(response)
        assert Tweet.objects.get().text == "Hello"

    def test_others_cannot(self, ada: User) -> None:
        tweet = post(ada, "Hello")
        bob = logged_in(person("bob", is_staff=True))
        for response in (bob.get(path(tweet)), bob.post(path(tweet), {"text": "Mine"})):
            assert response.status_code == 403
            assert "Only its author" in html(response)
        visitor = Client()
        assert visitor.get(path(tweet)).headers["Location"].startswith("/accounts/login/")
        assert visitor.post(path(tweet), {"text": "Mine"}).status_code == 302
        assert Tweet.objects.get().text == "Hello"

    def test_what_is_not_there(self, ada: User, client: Client) -> None:
        tweet = post(ada, "Hello")
        delete_tweet(tweet=tweet, by=ada)
        assert client.post(path(tweet), {"text": "Back"}).status_code == 410
        assert client.get("/tweets/1/edit/").status_code == 404

    def test_it_asks_for_a_token_of_its_form(self, ada: User) -> None:
        tweet = post(ada, "Hello")
        assert logged_in(ada, enforce_csrf_checks=True).post(path(tweet), {"text": "x"}).status_code == 403


class TestHistory:
    def test_every_version_with_what_changed(self, ada: User) -> None:
        tweet = post_tweet(author=ada, text="The quick <fox>", media_ids=waiting(ada, *IMAGES)).tweet
        edit_tweet(tweet=tweet, by=ada, text="The slow <fox>", alts=["A cat", "A tail"])
        page = html(Client().get(f"/tweets/{tweet.pk}/history/"))
        plain = re.sub(r"<[^>]+>", "", page)
        assert "The  [removed: quick]  [added: slow]  &lt;fox&gt;" in plain
        assert re.findall(r"<(ins|del)><span class=\"said\">[^<]*</span>(\w[^<]*)<", page) == [
            *[("del", "quick"), ("ins", "slow"), ("ins", "A tail")]
        ]
        assert page.index("Version 2") < page.index("As first posted")
        assert "Image without a description" in page

    def test_of_what_was_never_edited(self, ada: User) -> None:
        assert "This post was not edited" in html(Client().get(f"/tweets/{post(ada).pk}/history/"))

    def test_only_for_whom_the_post_is(self, ada: User) -> None:
        tweet = post(ada, "First")
        edit_tweet(tweet=tweet, by=ada, text="Second")
        address = f"/tweets/{tweet.pk}/history/"
        bob, eve = person("bob"), person("eve")
        accounts.follow(follower=bob, followee=ada)
        accounts.protect(user=ada, protected=True)
        accounts.follow(follower=eve, followee=ada)  # asks only
        assert "First" in html(logged_in(bob).get(address))
        for client in (Client(), logged_in(eve)):
            response = client.get(address)
            assert response.status_code == 404
            assert "First" not in html(response)
        accounts.block(blocker=ada, blocked=bob)
        assert logged_in(bob).get(address).status_code == 404

    def test_not_of_a_deleted_post(self, ada: User) -> None:
        tweet = post(ada, "First")
        edit_tweet(tweet=tweet, by=ada, text="Second")
        delete_tweet(tweet=tweet, by=ada)
        response = logged_in(ada).get(f"/tweets/{tweet.pk}/history/")
        assert response.status_code == 410
        assert "First" not in html(response)

    def test_of_a_retweet_is_the_original(self, ada: User) -> None:
        tweet = post(ada, "First")
        retweet(user=person("bob"), tweet=tweet)
        response = Client().get(f"/tweets/{Tweet.objects.latest('pk').pk}/history/")
        assert response.headers["Location"] == f"/tweets/{tweet.pk}/"

    @pytest.mark.parametrize("edits", [1, 20])
    def test_queries(
        self, ada: User, client: Client, edits: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """The user, the card, the images, the versions."""
        tweet = post_tweet(author=ada, text="0", media_ids=waiting(ada, *IMAGES)).tweet
        for n in range(edits):
            edit_tweet(tweet=tweet, by=ada, text=f"{n + 1}")
        client.get(f"/tweets/{tweet.pk}/history/")
        with django_assert_num_queries(4):
            response = client.get(f"/tweets/{tweet.pk}/history/")
        assert html(response).count('class="version panel"') == edits + 1
