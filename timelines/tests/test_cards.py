"""What readers share of a card is rendered once, and what is their own is not shared."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.tests.factories import UserFactory
from timelines import cards as rendering
from tweets.models import Tweet
from tweets.selectors import cards
from tweets.services import bookmark, edit_tweet, like, post_tweet, retweet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_frames() -> None:
    rendering._frame.cache_clear()


def _card(tweet: Tweet, reader: User | None) -> str:
    shown = cards(reader).get(pk=tweet.pk)
    return rendering.card(shown, reader or AnonymousUser())


def _rendered() -> int:
    return rendering._frame.cache_info().misses


def test_a_card_is_rendered_once_for_all_its_readers() -> None:
    tweet = post_tweet(author=UserFactory.create(), text="Read by many.").tweet
    for reader in [*UserFactory.create_batch(3), None]:
        assert "Read by many." in _card(tweet, reader)
    assert _rendered() == 1


def test_what_one_reader_did_is_on_no_other_readers_card() -> None:
    author, reader, other = UserFactory.create_batch(3)
    tweet = post_tweet(author=author, text="Marked by one.").tweet
    like(user=reader, tweet=tweet)
    bookmark(user=reader, tweet=tweet)
    retweet(user=reader, tweet=tweet)
    marks = ['formaction="/tweets/{}/unlike/"', 'formaction="/tweets/{}/unbookmark/"', "Retweeted by you"]
    for mark in (mark.format(tweet.pk) for mark in marks):
        assert mark in _card(tweet, reader)
        assert mark not in _card(tweet, other)
        assert mark not in _card(tweet, None)
    assert "menu/" in _card(tweet, author)
    assert "menu/" not in _card(tweet, other)
    assert _rendered() == 1


def test_an_edit_and_a_new_name_are_on_the_next_card() -> None:
    author = UserFactory.create(display_name="Ada")
    tweet = post_tweet(author=author, text="Before.").tweet
    assert "Before." in _card(tweet, None)
    edit_tweet(tweet=tweet, by=author, text="After.")
    User.objects.filter(pk=author.pk).update(display_name="Countess")
    shown = _card(tweet, None)
    assert "After." in shown
    assert "Edited" in shown
    assert "Countess" in shown
    assert "Before." not in shown
    assert "Ada" not in shown


def test_a_card_of_htmx_takes_the_focus_and_the_kept_frame_does_not() -> None:
    tweet = post_tweet(author=UserFactory.create(), text="First of the next page.").tweet
    [shown] = cards(None).filter(pk=tweet.pk)
    assert "autofocus" in rendering.card(shown, AnonymousUser(), takes_focus=True)
    assert "autofocus" not in rendering.card(shown, AnonymousUser())
    assert _rendered() == 1
