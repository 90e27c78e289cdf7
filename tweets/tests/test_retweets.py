"""Retweets and quotes: written once, for everybody who may read the original, and gone without a trace."""

import pytest
from django.core.exceptions import ValidationError

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.models import OutboxEvent
from socialgraph.tests.test_races import at_once
from tweets import services
from tweets.models import Tweet
from tweets.selectors import cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def bob() -> User:
    return UserFactory.create(username="bob")


def post(author: User, text: str = "A tweet.") -> Tweet:
    return services.post_tweet(author=author, text=text).tweet


def counts(tweet: Tweet) -> tuple[int, int]:
    """(retweets, quotes) once the ledger is folded."""
    accounts.flush_counts()
    card = cards(None).get(pk=tweet.pk)
    return card.counts.retweet_count, card.counts.quote_count


def test_a_retweet_is_one_row_and_one_event(ada: User, bob: User) -> None:
    tweet = post(ada)
    assert services.retweet(user=bob, tweet=tweet)
    assert not services.retweet(user=bob, tweet=tweet)
    row = Tweet.objects.get(retweet_of=tweet)
    assert (row.author, row.text, row.reply_to, row.quote_of) == (bob, "", None, None)
    assert OutboxEvent.objects.filter(event="tweet_posted", payload__tweet_id=row.pk).count() == 1
    assert counts(tweet) == (1, 0)
    bob.refresh_from_db()
    assert bob.tweet_count == 1


def test_undoing_leaves_nothing_and_can_be_done_again(ada: User, bob: User) -> None:
    tweet = post(ada)
    services.retweet(user=bob, tweet=tweet)
    assert services.unretweet(user=bob, tweet=tweet)
    assert not services.unretweet(user=bob, tweet=tweet)
    assert not Tweet.objects.filter(author=bob).exists()
    assert counts(tweet) == (0, 0)
    assert services.retweet(user=bob, tweet=tweet)
    assert counts(tweet) == (1, 0)


def test_a_quote_has_words_and_is_counted(ada: User, bob: User) -> None:
    tweet = post(ada)
    quote = services.post_tweet(author=bob, text="Read this.", quote_of=tweet).tweet
    assert (quote.quote_of, quote.text) == (tweet, "Read this.")
    assert counts(tweet) == (0, 1)
    with pytest.raises(ValidationError, match="Write something"):
        services.post_tweet(author=bob, text=" ", quote_of=tweet)


def refused(user: User, tweet: Tweet) -> None:
    with pytest.raises(ValidationError):
        services.retweet(user=user, tweet=tweet)
    with pytest.raises(ValidationError):
        services.post_tweet(author=user, text="Read this.", quote_of=tweet)
    assert not Tweet.objects.filter(author=user).exists()


def test_what_is_not_for_everybody_is_passed_on_by_nobody_but_its_author(ada: User, bob: User) -> None:
    tweet = post(ada)
    accounts.follow(follower=bob, followee=ada)
    accounts.protect(user=ada, protected=True)
    refused(bob, tweet)
    assert services.retweet(user=ada, tweet=tweet)
    assert services.post_tweet(author=ada, text="Once more.", quote_of=tweet).created


def test_neither_across_a_block_nor_of_what_is_gone(ada: User, bob: User) -> None:
    tweet = post(ada)
    accounts.block(blocker=ada, blocked=bob)
    refused(bob, tweet)
    accounts.unblock(blocker=ada, blocked=bob)
    services.delete_tweet(tweet=tweet, by=ada)
    refused(bob, tweet)


def test_a_retweet_is_not_a_tweet_to_mark_answer_or_pass_on(ada: User, bob: User) -> None:
    services.retweet(user=bob, tweet=post(ada))
    row = Tweet.objects.get(author=bob)
    refused(UserFactory.create(), row)
    with pytest.raises(ValidationError):
        services.reply(author=ada, to=row, text="Answer.")


def test_deleting_the_tweet_takes_its_retweets_along(ada: User, bob: User) -> None:
    tweet, other = post(ada), post(ada)
    for user in (bob, *UserFactory.create_batch(3)):
        services.retweet(user=user, tweet=tweet)
    services.retweet(user=bob, tweet=other)
    services.delete_tweet(tweet=tweet, by=ada)
    events.drain()
    assert list(Tweet.objects.filter(retweet_of__isnull=False).values_list("retweet_of", flat=True)) == [other.pk]
    accounts.flush_counts()
    bob.refresh_from_db()
    assert bob.tweet_count == 1


def test_deleting_the_retweet_itself_undoes_it(ada: User, bob: User) -> None:
    tweet = post(ada)
    services.retweet(user=bob, tweet=tweet)
    assert services.delete_tweet(tweet=Tweet.objects.get(author=bob), by=bob)
    assert not Tweet.objects.filter(author=bob).exists()
    assert counts(tweet) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_clicking_twice_at_once_retweets_once() -> None:
    ada, bob = UserFactory.create_batch(2)
    tweet = post(ada)
    assert sorted(at_once([lambda: services.retweet(user=bob, tweet=tweet)] * 8)) == [False] * 7 + [True]
    assert Tweet.objects.filter(retweet_of=tweet).count() == 1
