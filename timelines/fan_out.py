"""Carrying a tweet to the home timelines of the author's followers.

Every step may be repeated: a second push puts an id into a list twice, and readers drop doubles.
"""

from django.conf import settings
from django.db import transaction

from accounts.models import Celebrity, User
from accounts.selectors import follow_ranges, follower_batches
from accounts.services import finish_leaving
from socialgraph import events
from socialgraph.events import Claim
from socialgraph.redis import PAGE_TIMEOUT
from timelines import store
from timelines.store import Kind


def deliver(claim: Claim) -> None:
    """`tweet_posted`: the author's own list, then the followers, unless readers merge the author."""
    tweet_id, author_id = claim.payload["tweet_id"], claim.payload["author_id"]
    author = User.objects.filter(pk=author_id).only("celebrity", "follower_count").first()
    if author is None:
        return
    # The author's own recent ids are kept at all times, so they are complete whenever a crossing makes readers merge.
    store.push(Kind.AUTHOR, [author_id], tweet_id)
    store.push(Kind.HOME, [author_id], tweet_id)
    if author.celebrity == Celebrity.YES:
        return
    if author.follower_count > settings.FAN_OUT_RANGE and not claim.progress:
        _split(claim)
    else:
        _push_to_followers(claim, after=0, until=None)


def deliver_range(claim: Claim) -> None:
    """`tweet_range`: one part of a large audience, follow ids in (after, until]."""
    _push_to_followers(claim, after=claim.payload["after"], until=claim.payload["until"])


def _split(claim: Claim) -> None:
    with transaction.atomic():
        for after, until in follow_ranges(claim.payload["author_id"], settings.FAN_OUT_RANGE):
            events.record("tweet_range", **claim.payload, since=claim.created, after=after, until=until)
        claim.finish()


def _push_to_followers(claim: Claim, after: int, until: int | None) -> None:
    """Half a batch is read and sent while the timeline server works on the other half.

    So whoever dies has left at most a whole batch whose pushes are repeated.
    """
    author_id, tweet_id, size = claim.payload["author_id"], claim.payload["tweet_id"], (settings.FAN_OUT_BATCH + 1) // 2
    sent = 0
    with store.pushes(Kind.HOME, tweet_id) as pushes:
        for last_follow_id, follower_ids in follower_batches(author_id, max(after, claim.progress), until, size):
            pushes.send(follower_ids)
            if sent:
                claim.advance(sent, pushes.landed())
            sent = last_follow_id
        if sent:
            claim.note(sent, pushes.landed())


def drop_followers_timelines(claim: Claim) -> None:
    """`celebrity_left`: the followers' timelines lack what the author posted as a celebrity, so they are dropped.

    The author's new tweets are pushed since before this event was written, and readers merge the author until it ends,
    so no page is wrong at any time.
    """
    author_id, crossing = claim.payload["user_id"], claim.payload["crossing"]
    for last_follow_id, follower_ids in follower_batches(author_id, claim.progress, None, settings.FAN_OUT_BATCH):
        store.drop(Kind.HOME, map(int, follower_ids))
        claim.advance(last_follow_id, 0)
    finish_leaving(user_id=author_id, crossing=crossing)


def push_own(tweet_id: int, author_id: int) -> None:
    """Authors see their own tweet on the very next page; raises RedisError when the server does not take it."""
    store.push(Kind.HOME, [author_id], tweet_id, timeout=PAGE_TIMEOUT)
