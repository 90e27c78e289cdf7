"""A closed account: everything of it goes, nothing of others, and counts and timelines stay right."""

import pytest
from allauth.account.models import EmailAddress

from accounts import moderation
from accounts import services as accounts
from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import counts, events
from socialgraph.models import OutboxEvent
from timelines import checking, erasing
from timelines.home import home_page
from tweets import services as tweets
from tweets.models import Bookmark, Like, Media, PostKey, Tweet, TweetCounts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "BATCH", 2)


def a_full_life() -> tuple[User, User]:
    """(who will go, who stays): each has posted, answered, liked, bookmarked and followed the other."""
    ada, bob = UserFactory.create(username="ada"), UserFactory.create(username="bob")
    for one, other in ((ada, bob), (bob, ada)):
        accounts.follow(follower=one, followee=other)
        for n in range(5):
            picture = tweets.Picture(name="media/none.webp", width=1, height=1)
            tweets.post_tweet(author=one, text=f"Number {n}", key=f"{n}", pictures=[picture])
    for tweet in Tweet.objects.all():
        for user in (ada, bob):
            tweets.like(user=user, tweet=tweet)
            tweets.bookmark(user=user, tweet=tweet)
            tweets.reply(author=user, to=tweet, text="An answer.")
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True)
    Tweet.objects.create(author=bob, text="", retweet_of=Tweet.objects.filter(author=ada).earliest("id"))
    Tweet.objects.create(author=bob, text="See", quote_of=Tweet.objects.filter(author=ada).earliest("id"))
    events.drain()
    for viewer in (ada, bob):
        home_page(viewer, before=None, limit=10)
    return ada, bob


def assert_all_is_true() -> None:
    while accounts.flush_counts():
        pass
    assert counts.drift()[1] == []
    assert list(filter(None, checking.differences(checking.viewer_ids(), page_size=7))) == []


@pytest.mark.usefixtures("small_batches")
def test_everything_of_the_account_goes_and_nothing_of_others() -> None:
    ada, bob = a_full_life()
    assert moderation.close_account(user=ada)
    assert User.objects.filter(pk=ada.pk, is_active=False).exists()
    events.drain()
    assert list(User.objects.all()) == [bob]
    assert not OutboxEvent.objects.filter(done_at=None).exists()
    assert set(Tweet.objects.values_list("author", flat=True)) == {bob.pk}
    # 5 posts, 10 answers and the quote of a tweet that is gone; the retweet went with what it repeated.
    assert Tweet.objects.count() == TweetCounts.objects.count() == 16
    assert Tweet.objects.filter(text="An answer.", reply_to=None, conversation=None).count() == 5
    assert Tweet.objects.get(text="See").quote_of is None
    assert Like.objects.count() == Bookmark.objects.count() == Media.objects.count() == PostKey.objects.count() == 5
    assert not Follow.objects.exists()
    assert not EmailAddress.objects.exists()
    assert_all_is_true()
    bob.refresh_from_db()
    assert (bob.follower_count, bob.following_count, bob.tweet_count) == (0, 0, 16)


def test_an_account_that_was_reactivated_in_time_is_kept() -> None:
    ada, _ = a_full_life()
    moderation.close_account(user=ada)
    moderation.reactivate(user=User.objects.get(pk=ada.pk))
    events.drain()
    assert User.objects.filter(pk=ada.pk).exists()
    assert Tweet.objects.filter(author=ada).count() == 15
    assert_all_is_true()


def test_closing_twice_and_handling_twice() -> None:
    ada, _ = a_full_life()
    assert moderation.close_account(user=ada)
    assert moderation.close_account(user=ada)
    events.drain()
    assert not moderation.close_account(user=ada)
    OutboxEvent.objects.update(done_at=None, progress=0)
    events.drain()
    assert not OutboxEvent.objects.filter(done_at=None).exists()
    assert_all_is_true()
