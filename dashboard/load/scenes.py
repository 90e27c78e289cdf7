"""For each scenario: what is made for it in the database, and what must stand there afterwards."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from django.contrib.auth.hashers import check_password

from accounts.models import Follow, User
from dashboard.load import people
from dashboard.load.integrity import Finding, wait_until_folded
from dashboard.load.scenarios import Bookmarks, Burst, Celebrity, Mix, Stampede, Viral
from timelines import store
from timelines.store import Kind
from tweets.models import Bookmark, Like, Tweet, TweetCounts
from tweets.services import post_tweet

PASSWORD = "a load test signs up"  # nosec B105 # of accounts that live for seconds, unless --keep is asked for
LOGINS_TRIED = 5
ALONE = 10
"""Sign-ups one after the other, when the burst is over."""
NEIGHBOURS = 5
"""People like oneself whom everybody follows from the beginning: the next ones of the crowd."""
SLICE = 100_000
LISTED = 50  # bookmarks of each who reads a list
TAKEN_BACK = (2, 4, 7, 9)
"""Of ten operations of one person."""


@dataclass
class Cast:
    """Who takes part in a run."""

    run: str
    url: str
    next_number: int = 0
    authors: list[User] = field(default_factory=list)
    tweets: list[int] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    followers: list[int] = field(default_factory=list)
    """Of the celebrity; they do nothing else."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What `check` needs of what `prepare` made."""

    def take_numbers(self, count: int) -> int:
        """The first of so many that no account of the run has."""
        self.next_number += count
        return self.next_number - count

    def ids(self) -> list[int]:
        return [each["id"] for each in self.accounts]


class Scene(NamedTuple):
    prepare: Callable[[Cast, dict[str, Any]], dict[str, Any]]
    check: Callable[[Cast, dict[str, Any], Counter[str], bool], list[Finding]]
    """(cast, sizes, what was answered with a success, whether all that was planned must be there)"""


def _burst(cast: Cast, sizes: dict[str, Any]) -> dict[str, Any]:
    count = Burst(**sizes).sign_ups + ALONE
    first = cast.take_numbers(count)
    names = [people.named(cast.run, number) for number in range(first, first + count)]
    cast.kept["names"] = names
    known = [{"name": name, "email": f"{name}@{people.DOMAIN}", "password": PASSWORD} for name in names]
    return {"people": known[ALONE:], "alone": known[:ALONE]}


def _burst_check(cast: Cast, sizes: dict[str, Any], done: Counter[str], exact: bool) -> list[Finding]:
    users = list(User.objects.filter(username__in=cast.kept["names"]).order_by("pk"))
    tried = users[:LOGINS_TRIED]
    return [
        ["people who signed up", Burst(**sizes).sign_ups + ALONE if exact else done["sign-up"], len(users)],
        ["of them active", len(users), sum(user.is_active for user in users)],
        ["passwords that open, of some", len(tried), sum(check_password(PASSWORD, user.password) for user in tried)],
    ]


def _viral(cast: Cast, sizes: dict[str, Any]) -> dict[str, Any]:
    wanted = Viral(**sizes)
    tweet = post_tweet(author=cast.authors[0], text="Everybody will like this one.").tweet
    cast.kept["viral"] = tweet.pk
    step = wanted.seconds / wanted.likes
    liking = cast.accounts[: wanted.likes]
    return {"people": [{**each, "due": n * step} for n, each in enumerate(liking)], "tweet": tweet.pk}


def _viral_check(cast: Cast, sizes: dict[str, Any], done: Counter[str], exact: bool) -> list[Finding]:
    tweet_id = cast.kept["viral"]
    expected = Viral(**sizes).likes if exact else done["like"]
    wait_until_folded([tweet_id])
    likes = Like.objects.filter(tweet=tweet_id)
    return [
        ["likes of the tweet", expected, likes.count()],
        ["people who like it", expected, likes.values("user").distinct().count()],
        ["its like_count", expected, TweetCounts.objects.get(tweet=tweet_id).like_count],
    ]


def _celebrity(cast: Cast, sizes: dict[str, Any]) -> dict[str, Any]:
    wanted = Celebrity(**sizes)
    [celebrity] = people.make(cast.run, cast.take_numbers(1), 1)
    cast.kept["celebrity"] = celebrity
    first = cast.take_numbers(wanted.followers)
    for start in range(first, first + wanted.followers, SLICE):
        made = people.make(cast.run, start, min(SLICE, first + wanted.followers - start))
        cast.followers += made
        people.follow((follower, celebrity) for follower in made)
    wait_until_folded([celebrity, *cast.followers])
    following = cast.accounts[: wanted.new_followers]
    before = User.objects.filter(pk__in=[each["id"] for each in following]).values_list("pk", "following_count")
    cast.kept["followed_before"] = dict(before)
    return {"people": following, "celebrity": celebrity, "celebrity_name": User.objects.get(pk=celebrity).username}


def _celebrity_check(cast: Cast, sizes: dict[str, Any], done: Counter[str], exact: bool) -> list[Finding]:
    wanted, celebrity, before = Celebrity(**sizes), cast.kept["celebrity"], cast.kept["followed_before"]
    came = wanted.new_followers if exact else done["follow"]
    wait_until_folded([celebrity, *before])
    after = User.objects.filter(pk__in=before).values_list("pk", "following_count")
    return [
        ["followers of the author", wanted.followers + came, Follow.objects.filter(followee=celebrity).count()],
        ["the author's follower_count", wanted.followers + came, User.objects.get(pk=celebrity).follower_count],
        ["people whose following_count grew by one", came, sum(n == before[pk] + 1 for pk, n in after)],
    ]


def _stampede(cast: Cast, sizes: dict[str, Any]) -> dict[str, Any]:
    wanted = Stampede(**sizes)
    store.drop(Kind.HOME, cast.ids())
    return {"people": cast.accounts[: wanted.readers], "posts": LISTED}


def _stampede_check(cast: Cast, sizes: dict[str, Any], done: Counter[str], exact: bool) -> list[Finding]:
    readers = Stampede(**sizes).readers if exact else done["entered"]
    return [[f"whole pages of {LISTED} posts", 2 * readers, done["page"]]]


def _bookmarks(cast: Cast, sizes: dict[str, Any]) -> dict[str, Any]:
    wanted = Bookmarks(**sizes)
    operators = cast.accounts[: wanted.operators]
    readers = cast.accounts[wanted.operators : wanted.operators + wanted.lists]
    Bookmark.objects.filter(user__in=[each["id"] for each in operators]).delete()
    jobs, cast.kept["bookmarked"] = _dealt(wanted, [each["id"] for each in operators], cast.tweets)
    Bookmark.objects.bulk_create(
        [Bookmark(user_id=each["id"], tweet_id=tweet_id) for each in readers for tweet_id in cast.tweets[:LISTED]],
        ignore_conflicts=True,
    )
    wait_until_folded(cast.tweets)
    return {
        "people": [
            *({**each, "jobs": jobs[each["id"]]} for each in operators),
            *({**each, "reads_from": n / max(1, len(readers))} for n, each in enumerate(readers)),
        ],
        "seconds": wanted.bookmark_seconds,
    }


def _dealt(
    wanted: Bookmarks, operator_ids: list[int], tweets: list[int]
) -> tuple[dict[int, list[tuple[float, int, bool]]], set[tuple[int, int]]]:
    """For each operator (second, tweet, whether to bookmark it or to take it back), and what stands at the end."""
    random = Random(1)
    free = {user_id: random.sample(tweets, len(tweets)) for user_id in operator_ids}
    marked: dict[int, list[int]] = {user_id: [] for user_id in operator_ids}
    jobs: dict[int, list[tuple[float, int, bool]]] = {user_id: [] for user_id in operator_ids}
    for n in range(round(wanted.operations * wanted.bookmark_seconds / 60)):
        user_id = operator_ids[n % len(operator_ids)]
        takes_back = n // len(operator_ids) % 10 in TAKEN_BACK and marked[user_id]
        source, target = (marked, free) if takes_back or not free[user_id] else (free, marked)
        tweet_id = source[user_id].pop(0)
        target[user_id].append(tweet_id)
        jobs[user_id].append((n * 60 / wanted.operations, tweet_id, source is free))
    return jobs, {(user_id, tweet_id) for user_id, tweet_ids in marked.items() for tweet_id in tweet_ids}


def _bookmarks_check(cast: Cast, sizes: dict[str, Any], done: Counter[str], exact: bool) -> list[Finding]:
    wanted, expected = Bookmarks(**sizes), cast.kept["bookmarked"]
    operators = [each["id"] for each in cast.accounts[: wanted.operators]]
    stored = set(Bookmark.objects.filter(user__in=operators).values_list("user_id", "tweet_id"))
    found: list[Finding] = [["bookmarks that are missing", 0, len(expected - stored)]] if exact else []
    found += [["bookmarks that were taken back and stand there", 0, len(stored - expected)]] if exact else []
    planned = round(wanted.operations * wanted.bookmark_seconds / 60) if exact else done["operation"]
    return [*found, ["operations that were answered", planned, done["operation"]]]


def _mix(cast: Cast, sizes: dict[str, Any]) -> dict[str, Any]:
    wanted = Mix(**sizes)
    cast.kept["before"] = _written(cast)
    return {
        "people": cast.accounts[: wanted.people],
        "seconds": wanted.mix_seconds,
        "think": wanted.think,
        "tweets": cast.tweets,
        "neighbours": NEIGHBOURS,
        "everybody": [[each["id"], each["name"]] for each in cast.accounts],
    }


def _mix_check(cast: Cast, sizes: dict[str, Any], done: Counter[str], exact: bool) -> list[Finding]:
    before, after = cast.kept["before"], _written(cast)
    return [[f"{what}s, by rows", done[what], after[what] - before[what]] for what in before]


def _written(cast: Cast) -> dict[str, int]:
    ids = cast.ids()
    return {
        "post": Tweet.objects.filter(author__in=ids, deleted_at=None).count(),
        "like": Like.objects.filter(user__in=ids).count(),
        "follow": Follow.objects.filter(follower__in=ids).count(),
    }


SCENES = {
    "burst": Scene(_burst, _burst_check),
    "viral": Scene(_viral, _viral_check),
    "celebrity": Scene(_celebrity, _celebrity_check),
    "stampede": Scene(_stampede, _stampede_check),
    "bookmarks": Scene(_bookmarks, _bookmarks_check),
    "mix": Scene(_mix, _mix_check),
}
