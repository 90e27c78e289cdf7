"""The network that the machine plays with, and the promise that holds after every step."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from accounts import services as accounts
from accounts.models import Block, Follow, User
from socialgraph import counts, events
from socialgraph.events import Claim
from socialgraph.models import OutboxEvent
from socialgraph.pagination import decode_cursor
from socialgraph.redis import timelines
from timelines.entries import entries_of, entry_of
from timelines.home import home_page
from timelines.pull import first_page, pull_rows
from timelines.store import Stored
from tweets.models import Tweet

PAGE_SIZES = (1, 2, 7, 50)
PEOPLE = 4
WHO = st.integers(0, PEOPLE - 1)
ANY = st.integers(0, 1000)
POSTS = ["tweet_posted", "tweet_range"]
WORDS = ("tweet", "apple", "pear")  # that posts are made of and that can be muted
THRESHOLDS = st.sampled_from([1, 2, 3, 100])


class World(RuleBasedStateMachine):
    """What is known of the network, and its pages beside the oracle's."""

    def __init__(self) -> None:
        super().__init__()
        wipe()
        self.people: list[User] = []
        self.builds: dict[int, tuple[str, Stored | None]] = {}
        self.marks: set[tuple[str, int, int]] = set()

    def teardown(self) -> None:
        if self.people:
            drain()
            for viewer in self.people:
                self.walk(viewer, [7], pending={})
            while accounts.flush_counts():
                pass
            assert counts.drift()[1] == []

    @invariant()
    def every_page_is_the_oracles(self) -> None:
        pending = pending_posts()
        for viewer in self.people:
            self.walk(viewer, PAGE_SIZES, pending)

    def walk(self, viewer: User, sizes: Iterable[int], pending: dict[int, int]) -> None:
        oracle = Oracle(viewer)
        for size in sizes:
            before = self.check_page(viewer, None, size, pending, oracle)
            while before is not None:
                before = self.check_page(viewer, before, size, pending, oracle)

    def check_page(
        self, viewer: User, before: int | None, size: int, pending: dict[int, int], expected: "Oracle"
    ) -> int | None:
        """Compare one page with the oracle's; returns where the next one starts."""
        oracle = [row for row in expected.rows if before is None or row.id < before]
        page = home_page(viewer, before=before, limit=size)
        shown = [entries_of(card) for card in page.results]
        taken = {entry for entries in shown for entry in entries}
        late = {tweet_id for tweet_id, author_id in pending.items() if author_id != viewer.pk}
        # What comes late may be there or not; where it is, it is on this page, or ends it and begins the next one.
        following = decode_cursor(page.next)
        behind_it = home_page(viewer, before=following, limit=1).results if following is not None else []
        there = taken | {entry_of(card) for card in behind_it}
        due = first_page([row for row in oracle if row.id in there or row.id not in late], size)
        assert shown == [[row.id for row in rows] for rows in due], f"{viewer} before {before}, page of {size}"
        assert [card.pk for card in page.results] == [rows[0].shown for rows in due]
        behind = {row.id for row in oracle if row.id < min(taken)} if taken else {row.id for row in oracle}
        assert behind <= late if page.next is None else behind
        card: Any  # with what cards() adds
        for card in page.results:
            assert card.retweeted is (card.pk in expected.retweeted)
            assert card.liked is (("like", viewer.pk, card.pk) in self.marks)
            assert card.bookmarked is (("bookmark", viewer.pk, card.pk) in self.marks)
        return following

    def person(self, number: int) -> User:
        return self.people[number % len(self.people)]

    def is_here(self, number: int) -> bool:
        """Whether the account is active: who went away writes nothing."""
        return User.objects.filter(pk=self.person(number).pk, is_active=True).exists()

    def perhaps_deliver(self, late: bool) -> None:
        if not late:
            drain()


class Oracle:
    """What the viewer's timeline must show, asked once for all pages of it."""

    def __init__(self, viewer: User) -> None:
        self.rows = pull_rows(viewer.pk)
        retweets = Tweet.objects.filter(author=viewer, deleted_at=None)
        self.retweeted = set(retweets.values_list("retweet_of_id", flat=True))


def wipe() -> None:
    """An empty network; the tables are small, so DELETE is cheaper than TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM post_keys; DELETE FROM likes; DELETE FROM bookmarks; DELETE FROM bookmark_folders;"
            " DELETE FROM tweet_counts; DELETE FROM media; DELETE FROM tweets_history; DELETE FROM reports;"
            " DELETE FROM drafts; DELETE FROM tweets; DELETE FROM follows; DELETE FROM follow_requests;"
            " DELETE FROM blocks; DELETE FROM mutes; DELETE FROM muted_words; DELETE FROM account_emailaddress;"
            " DELETE FROM knox_authtoken; DELETE FROM django_admin_log; DELETE FROM users; DELETE FROM outbox;"
            " DELETE FROM count_deltas"
        )
    timelines().flushdb()


def followees(user: User) -> set[int]:
    return set(Follow.objects.filter(follower=user).values_list("followee_id", flat=True))


def any_tweet(which: int) -> Tweet | None:
    """A post that is not deleted, and no retweet."""
    alive = list(Tweet.objects.filter(deleted_at=None, retweet_of=None).select_related("author").order_by("id"))
    return alive[which % len(alive)] if alive else None


def are_blocked(one: User, other: User) -> bool:
    pair = {one.pk, other.pk}
    return any({block.blocker_id, block.blocked_id} == pair for block in Block.objects.all())


def sees(viewer: User, tweet: Tweet) -> bool:
    author = User.objects.get(pk=tweet.author_id)
    if viewer == author:
        return author.is_active
    if not author.is_active or are_blocked(viewer, author):
        return False
    return not author.protected or author.pk in followees(viewer)


def may_pass_on(viewer: User, tweet: Tweet) -> bool:
    author = User.objects.get(pk=tweet.author_id)
    return sees(viewer, tweet) and (viewer == author or not author.protected)


def is_retweeted(viewer: User, tweet: Tweet) -> bool:
    return Tweet.objects.filter(author=viewer, retweet_of=tweet, deleted_at=None).exists()


def pending_posts() -> dict[int, int]:
    """Tweets whose fan-out is not finished, with their authors."""
    payloads = OutboxEvent.objects.filter(done_at=None, event__in=POSTS).values_list("payload", flat=True)
    return {payload["tweet_id"]: payload["author_id"] for payload in payloads}


def drain() -> None:
    events.drain()
    assert not OutboxEvent.objects.filter(done_at=None).exists()


def cross(threshold: int) -> None:
    accounts.flush_counts()
    settings.CELEBRITY_FOLLOWER_COUNT = threshold
    accounts.flag_celebrities()


def claim(event: OutboxEvent, kind: type[Claim]) -> Claim:
    """Claim this event, whoever holds it and whichever is older."""
    OutboxEvent.objects.filter(pk=event.pk).update(attempts=F("attempts") + 1)
    event.refresh_from_db()
    return kind(event.pk, event.event, event.payload, event.progress, event.attempts)
