"""A worker that is killed while it erases an account: the next one finds what is left."""

from pathlib import Path

import pytest

from accounts import services as accounts
from accounts.models import Follow, User
from accounts.selectors import rows_erased
from socialgraph import counts
from socialgraph.models import OutboxEvent
from socialgraph.tests.faults.test_timelines import author_with_active_followers
from socialgraph.tests.workers import celery, fan_out_worker, kill, nothing_pending, wait_for
from timelines import checking
from tweets import services as tweets
from tweets.models import Tweet, TweetCounts

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
AUDIENCE, OWN = 20_000, 30
SECONDS = 90  # generous: a worker's start alone takes seconds on a busy machine


def test_an_erasing_whose_worker_is_killed_goes_on(tmp_path: Path) -> None:
    author, follower_ids = author_with_active_followers(AUDIENCE)
    fan = User.objects.get(pk=follower_ids[0])
    for n in range(OWN):
        tweet = tweets.post_tweet(author=author, text=f"Number {n}").tweet
        tweets.like(user=fan, tweet=tweet)
        tweets.retweet(user=fan, tweet=tweet)
    OutboxEvent.objects.all().delete()
    accounts.close_account(user=author)

    def is_half_done() -> bool:
        return AUDIENCE - Follow.objects.filter(followee=author).count() > 1_000

    beat = celery(tmp_path / "beat.log", "beat", "--schedule", str(tmp_path / "schedule"))
    with beat, fan_out_worker(tmp_path / "first.log") as first:
        wait_for(is_half_done, SECONDS, "The erasing's first steps")
        kill(first)
    left = Follow.objects.filter(followee=author).count()
    assert 0 < left < AUDIENCE
    assert (rows_erased(User.objects.get(pk=author.pk)) or 0) > 0
    beat = celery(tmp_path / "beat.log", "beat", "--schedule", str(tmp_path / "schedule"))
    with beat, fan_out_worker(tmp_path / "second.log"):
        wait_for(nothing_pending, SECONDS, "The rest of the erasing")
    assert not User.objects.filter(pk=author.pk).exists()
    assert not Follow.objects.exists()
    assert Tweet.objects.count() == TweetCounts.objects.count() == 0
    while accounts.flush_counts():
        pass
    assert counts.drift()[1] == []
    assert list(filter(None, checking.differences([*follower_ids[:5]], page_size=7))) == []
