"""Who of the demo people keeps others at a distance: protected accounts and requests, a block, mutes, a muted word."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from timelines.demo.moments import Moments
from tweets.models import Tweet

DEMO, STEWARD = 0, 1
WAITING = 3  # who ask the steward, who is protected and says nothing
HIDDEN_WORD = "giveaway"


def boundaries(
    moments: Moments, users: Sequence[User], follows: Sequence[Follow], tweets: Sequence[Tweet]
) -> list[list[Any]]:
    """Rows to insert behind `users`, a list for each table; marks who is protected on users and tweets.

    The demo user follows one protected account, whose followers see it, and waits for the answer of another one.
    """
    demo = users[DEMO]
    pairs = {(follow.follower_id, follow.followee_id) for follow in follows}
    passed_on = {tweet.retweet_of_id or tweet.quote_of_id for tweet in tweets}
    public = {tweet.author_id for tweet in tweets if tweet.pk in passed_on}  # others could not have done that
    wrote = {tweet.author_id for tweet in tweets}
    quiet = [user for user in users[2:] if user.pk not in public and user.pk in wrote]
    followed = [user for user in quiet if (demo.pk, user.pk) in pairs]
    strangers = [user for user in users[2:] if not {(demo.pk, user.pk), (user.pk, demo.pk)} & pairs]
    closed = [user for user in quiet if user in strangers]
    friend, muted, other, blocked = followed[0], followed[-1], closed[0], closed[-1]
    protected = {users[STEWARD].pk, friend.pk, other.pk}
    for user in users:
        user.protected = user.pk in protected
    for tweet in tweets:
        tweet.is_protected = tweet.author_id in protected
    asking = [user for user in users[2:] if (user.pk, users[STEWARD].pk) not in pairs][:WAITING]
    requests = [(demo, other), *((user, users[STEWARD]) for user in asking)]
    until = moments.at(-7)
    return [
        [
            FollowRequest(follower=follower, followee=followee, **_made(moments, n + 1))
            for n, (follower, followee) in enumerate(requests)
        ],
        [Block(blocker=demo, blocked=blocked, **_made(moments, 5))],
        [Mute(muter=demo, muted=muted, expires_at=until, **_made(moments, 6))],
        [MutedWord(user=demo, word=HIDDEN_WORD, **_made(moments, 7))],
    ]


def _made(moments: Moments, days_ago: float) -> dict[str, int | dt.datetime]:
    return {"id": moments.id_at(days_ago), "created_at": moments.at(days_ago)}
