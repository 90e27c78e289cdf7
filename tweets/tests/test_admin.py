"""Tweets and marks that staff make or remove go through services."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import block, flush_counts
from accounts.tests.factories import UserFactory
from socialgraph import counts
from socialgraph.models import OutboxEvent
from tweets import services
from tweets.models import Bookmark, Like, Tweet

pytestmark = pytest.mark.django_db
TWEETS = "/admin/tweets/tweet/"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(UserFactory.create(username="chief", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


def assert_counts_are_true() -> None:
    while flush_counts():
        pass
    assert counts.drift()[1] == []


def test_a_tweet_is_posted_for_somebody(client: Client, ada: User) -> None:
    client.post(f"{TWEETS}add/", {"author": ada.pk, "text": " Hello #You and @ada \n"})
    first = Tweet.objects.get()
    assert (first.author, first.text, first.hashtags, first.mentions) == (ada, "Hello #You and @ada", ["you"], [ada.pk])
    client.post(f"{TWEETS}add/", {"author": ada.pk, "text": "Answer", "reply_to": first.pk})
    answer = Tweet.objects.latest("id")
    assert (answer.reply_to, answer.conversation) == (first, first)
    assert list(OutboxEvent.objects.values_list("event", flat=True)) == ["tweet_posted"] * 2
    assert_counts_are_true()


def test_what_a_tweet_may_not_be_is_refused_on_the_page(client: Client, ada: User) -> None:
    for text in ("", "x" * 281, "\u200b"):
        answer = client.post(f"{TWEETS}add/", {"author": ada.pk, "text": text})
        assert "text" in answer.context["adminform"].form.errors, text
    tweet = services.post_tweet(author=ada, text="Hello").tweet
    services.delete_tweet(tweet=tweet, by=ada)
    answer = client.post(f"{TWEETS}add/", {"author": ada.pk, "text": "Late", "reply_to": tweet.pk}, follow=True)
    assert "The tweet you reply to was deleted, or is not shown to you." in answer.content.decode()
    assert Tweet.objects.count() == 1


def test_words_are_not_changed(client: Client, ada: User) -> None:
    tweet = services.post_tweet(author=ada, text="Hello").tweet
    assert client.post(f"{TWEETS}{tweet.pk}/change/", {"text": "Bye"}).status_code == 403
    page = client.get(f"{TWEETS}{tweet.pk}/change/").content.decode()
    assert 'name="text"' not in page


def test_deleting_hides_and_keeps_the_row(client: Client, ada: User) -> None:
    tweets = [services.post_tweet(author=ada, text=f"Number {n}").tweet for n in range(3)]
    page = client.get(f"{TWEETS}{tweets[0].pk}/delete/").content.decode()
    assert "hidden everywhere" in page
    client.post(f"{TWEETS}{tweets[0].pk}/delete/", {"post": "yes"})
    assert list(Tweet.objects.filter(deleted_at=None).order_by("id")) == tweets[1:]
    data = {"action": "delete_selected", "_selected_action": [tweet.pk for tweet in tweets], "post": "yes"}
    client.post(TWEETS, data)
    assert Tweet.objects.filter(deleted_at__isnull=False).count() == 3
    assert_counts_are_true()
    ada.refresh_from_db()
    assert ada.tweet_count == 0


def test_the_confirmation_of_many_lists_a_few_and_no_related_rows(client: Client, ada: User) -> None:
    tweets = [services.post_tweet(author=ada, text=f"Number {n}").tweet for n in range(60)]
    for tweet in tweets:
        services.like(user=ada, tweet=tweet)
    data = {"action": "delete_selected", "_selected_action": [tweet.pk for tweet in tweets]}
    page = client.post(TWEETS, data).content.decode()
    assert "… and 10 more" in page
    assert page.count("hidden everywhere") == 50
    assert "like" not in page.split('id="content"')[1].lower()


@pytest.mark.parametrize("kind", [Like, Bookmark])
def test_marks_come_and_go_by_services(client: Client, ada: User, kind: type[Like] | type[Bookmark]) -> None:
    path = f"/admin/tweets/{kind._meta.model_name}/"
    tweets = [services.post_tweet(author=ada, text=f"Number {n}").tweet for n in range(3)]
    for tweet in tweets:
        assert client.post(f"{path}add/", {"user": ada.pk, "tweet": tweet.pk}).status_code == 302
    assert kind.objects.count() == 3
    again = client.post(f"{path}add/", {"user": ada.pk, "tweet": tweets[0].pk})
    assert "already exists" in str(again.context["adminform"].form.errors)
    first, *others = kind.objects.order_by("id")
    assert client.post(f"{path}{first.pk}/delete/", {"post": "yes"}).status_code == 302
    rows = [row.pk for row in others]
    client.post(path, {"action": "delete_selected", "_selected_action": rows, "post": "yes"})
    assert not kind.objects.exists()
    assert_counts_are_true()


@pytest.mark.parametrize("kind", [Like, Bookmark])
def test_nobody_marks_what_they_may_not_see(client: Client, ada: User, kind: type[Like] | type[Bookmark]) -> None:
    bob = UserFactory.create(username="bob")
    tweet = services.post_tweet(author=ada, text="Not for Bob.").tweet
    block(blocker=ada, blocked=bob)
    page = client.post(
        f"/admin/tweets/{kind._meta.model_name}/add/", {"user": bob.pk, "tweet": tweet.pk}, follow=True
    ).content.decode()
    assert "bob may not see this tweet, or it was deleted. Nothing was added." in page
    assert not kind.objects.exists()


def test_nobody_posts_from_a_closed_account(client: Client) -> None:
    gone = UserFactory.create(is_active=False)
    answer = client.post(f"{TWEETS}add/", {"author": gone.pk, "text": "From beyond."}, follow=True)
    assert answer.status_code == 200
    assert "This account is closed." in answer.content.decode()
    assert not Tweet.objects.exists()


def test_searching_by_id_author_and_tag(client: Client, ada: User) -> None:
    tweet = services.post_tweet(author=ada, text="Hello #Garden").tweet
    services.post_tweet(author=UserFactory.create(), text="Hello")
    for word in (str(tweet.pk), "ada", "@ADA", str(ada.pk), "%23garden", "%23GARDEN"):
        assert list(client.get(f"{TWEETS}?q={word}").context["cl"].queryset) == [tweet], word
    assert not client.get(f"{TWEETS}?q=Hello").context["cl"].queryset
