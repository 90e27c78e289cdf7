"""The hybrid home timeline equals the plain SQL join, whatever happens in whatever order.

Hypothesis draws sequences of what people do and of what goes wrong around them: deliveries that are late, repeated,
out of order or cut off in the middle, a flushed Redis, builds that overlap with both, authors who cross the celebrity
threshold at any time. After every step each viewer's timeline is walked to its end and every page compared with
`timelines.pull`. What has been posted but not yet delivered may be missing, and nothing else.

50 examples by default; `ORACLE_EXAMPLES=2000` for a long run.
"""

import datetime as dt
import os

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings as DjangoSettings

from accounts import services as accounts
from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import counts, events
from socialgraph.events import Claim, LeaseLost
from socialgraph.models import OutboxEvent
from socialgraph.pagination import decode_cursor
from socialgraph.redis import timelines
from timelines import rebuild, selectors, store
from timelines.home import home_page
from timelines.pull import pull
from timelines.store import Kind, Stored
from tweets import services as tweets
from tweets.models import Tweet

PAGE_SIZES = (1, 2, 7, 50)
PEOPLE = 3
WHO = st.integers(0, PEOPLE - 1)
ANY = st.integers(0, 1000)
THRESHOLDS = st.sampled_from([1, 2, 3, 100])


class DyingClaim(Claim):
    """A worker that is killed before it can store its next step."""

    def advance(self, progress: int, delivered: int) -> None:
        raise LeaseLost("killed")


class Network(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        wipe()
        self.people: list[User] = []
        self.builds: dict[int, tuple[str, Stored | None]] = {}
        self.marks: set[tuple[str, int, int]] = set()

    @initialize(
        threshold=THRESHOLDS,
        follows=st.sets(st.tuples(WHO, WHO), min_size=2, max_size=6),
        authors=st.lists(WHO, min_size=2, max_size=8),
    )
    def start(self, threshold: int, follows: set[tuple[int, int]], authors: list[int]) -> None:
        """People who follow each other and have posted; without this most sequences would have nothing to show."""
        self.people = [UserFactory.create() for _ in range(PEOPLE)]
        for follower, followee in sorted(follows):
            self.follow(follower, followee)
        cross(threshold)
        for author in authors:
            self.post(author, late=False)

    def teardown(self) -> None:
        if self.people:
            drain()
            for viewer in self.people:
                self.walk(viewer, 7, pending={})
            while accounts.flush_counts():
                pass
            assert counts.drift()[1] == []

    # What people do

    @rule()
    @precondition(lambda self: len(self.people) < PEOPLE + 2)
    def sign_up(self) -> None:
        self.people.append(UserFactory.create())

    @rule(a=ANY, b=ANY)
    def follow(self, a: int, b: int) -> None:
        follower, followee = self.person(a), self.person(b)
        if follower != followee:
            existed = followee.pk in followees(follower)
            assert accounts.follow(follower=follower, followee=followee) is not existed

    @rule(a=ANY, b=ANY)
    def unfollow(self, a: int, b: int) -> None:
        follower, followee = self.person(a), self.person(b)
        existed = followee.pk in followees(follower)
        assert accounts.unfollow(follower=follower, followee=followee) is existed

    @rule(who=ANY, late=st.booleans())
    def post(self, who: int, late: bool) -> None:
        tweets.post_tweet(author=self.person(who), text="A tweet.")
        self.perhaps_deliver(late)

    @rule(who=ANY, which=ANY, late=st.booleans())
    def reply(self, who: int, which: int, late: bool) -> None:
        if tweet := any_tweet(which):
            tweets.reply(author=self.person(who), to=tweet, text="An answer.")
            self.perhaps_deliver(late)

    @rule(authors=st.lists(ANY, min_size=2, max_size=4), late=st.booleans())
    def post_several(self, authors: list[int], late: bool) -> None:
        for author in authors:
            self.post(author, late)

    @rule(which=ANY)
    def delete(self, which: int) -> None:
        if tweet := any_tweet(which):
            assert tweets.delete_tweet(tweet=tweet, by=tweet.author)

    @rule(who=ANY, which=ANY, name=st.sampled_from(["like", "unlike", "bookmark", "unbookmark"]))
    def mark(self, who: int, which: int, name: str) -> None:
        if tweet := any_tweet(which):
            user = self.person(who)
            entry = (name.removeprefix("un"), user.pk, tweet.pk)
            was, is_undo = entry in self.marks, name.startswith("un")
            assert getattr(tweets, name)(user=user, tweet=tweet) is (was if is_undo else not was)
            (self.marks.discard if is_undo else self.marks.add)(entry)

    # What happens around them

    @rule(threshold=THRESHOLDS)
    def move_threshold(self, threshold: int) -> None:
        cross(threshold)

    @rule(who=ANY, late=st.booleans(), meanwhile=THRESHOLDS)
    def be_a_celebrity_for_a_while(self, who: int, late: bool, meanwhile: int) -> None:
        cross(1)
        self.every_page_is_the_oracles()
        self.post(who, late)
        cross(meanwhile)
        self.post(who, late=not late)
        cross(100)

    @rule(which=ANY)
    def deliver_out_of_order(self, which: int) -> None:
        if pending := list(OutboxEvent.objects.filter(done_at=None).order_by("id")):
            events.handle(claim(pending[which % len(pending)], Claim))

    @rule(which=ANY)
    def deliver_again(self, which: int) -> None:
        if done := list(OutboxEvent.objects.exclude(done_at=None).order_by("id")):
            event = done[which % len(done)]
            OutboxEvent.objects.filter(pk=event.pk).update(done_at=None, progress=0)
            events.handle(claim(event, Claim))

    @rule(which=ANY)
    def die_while_delivering(self, which: int) -> None:
        if pending := list(OutboxEvent.objects.filter(done_at=None).order_by("id")):
            events.handle(claim(pending[which % len(pending)], DyingClaim))

    @rule()
    def deliver_everything(self) -> None:
        drain()

    @rule()
    def flush_redis(self) -> None:
        timelines().flushdb()

    @rule(who=ANY)
    def fall_inactive(self, who: int) -> None:
        user = self.person(who)
        User.objects.filter(pk=user.pk).update(last_active_on=dt.date(2020, 1, 1))
        store.drop(Kind.HOME, [user.pk])

    @rule(who=ANY)
    def begin_build(self, who: int) -> None:
        user = self.person(who)
        if token := store.begin(Kind.HOME, user.pk):
            self.builds[user.pk] = (token, None)

    @rule()
    @precondition(lambda self: self.builds)
    def snapshot_builds(self) -> None:
        for user_id, (token, _) in self.builds.items():
            snapshot = selectors.home_snapshot(user_id, Kind.HOME.length)
            self.builds[user_id] = (token, rebuild.stored_from(Kind.HOME, snapshot.version, snapshot.ids))

    @rule()
    @precondition(lambda self: any(stored for _, stored in self.builds.values()))
    def finish_builds(self) -> None:
        for user_id, (token, stored) in list(self.builds.items()):
            if stored is not None:
                store.finish(Kind.HOME, user_id, token, stored)
                del self.builds[user_id]

    @rule(who=ANY, size=st.sampled_from(PAGE_SIZES), thresholds=st.lists(THRESHOLDS, min_size=1, max_size=4))
    def cross_in_the_middle_of_a_walk(self, who: int, size: int, thresholds: list[int]) -> None:
        viewer, before = self.person(who), None
        for threshold in [*thresholds, *thresholds]:
            before = self.check_page(viewer, before, size, pending_posts(), pull(viewer.pk, before=before))
            if before is None:
                return
            cross(threshold)
            self.deliver_out_of_order(threshold)

    # The promise

    @invariant()
    def every_page_is_the_oracles(self) -> None:
        pending = pending_posts()
        for viewer in self.people:
            for size in PAGE_SIZES:
                self.walk(viewer, size, pending)

    def walk(self, viewer: User, size: int, pending: dict[int, int]) -> None:
        oracle = pull(viewer.pk)
        before = self.check_page(viewer, None, size, pending, oracle)
        while before is not None:
            before = self.check_page(viewer, before, size, pending, [i for i in oracle if i < before])

    def check_page(
        self, viewer: User, before: int | None, size: int, pending: dict[int, int], oracle: list[int]
    ) -> int | None:
        """Compare one page with the oracle's; returns where the next one starts."""
        page = home_page(viewer, before=before, limit=size)
        shown = [tweet.pk for tweet in page.results]
        late = {tweet_id for tweet_id, author_id in pending.items() if author_id != viewer.pk}
        due = [i for i in oracle if i in shown or i not in late]
        assert shown == due[:size], f"{viewer} before {before}, page of {size}"
        behind = [i for i in oracle if i < shown[-1]] if shown else oracle
        assert set(behind) <= late if page.next is None else behind
        for tweet in page.results:
            assert tweet.liked is (("like", viewer.pk, tweet.pk) in self.marks)  # type: ignore[attr-defined]  # annotated by cards()
            assert tweet.bookmarked is (("bookmark", viewer.pk, tweet.pk) in self.marks)  # type: ignore[attr-defined]
        return decode_cursor(page.next)

    def person(self, number: int) -> User:
        return self.people[number % len(self.people)]

    def perhaps_deliver(self, late: bool) -> None:
        if not late:
            drain()


def wipe() -> None:
    """An empty network; the tables are small, so DELETE is cheaper than TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM post_keys; DELETE FROM likes; DELETE FROM bookmarks; DELETE FROM tweet_counts;"
            " DELETE FROM tweets; DELETE FROM follows; DELETE FROM users; DELETE FROM outbox; DELETE FROM count_deltas"
        )
    timelines().flushdb()


def followees(user: User) -> set[int]:
    return set(Follow.objects.filter(follower=user).values_list("followee_id", flat=True))


def any_tweet(which: int) -> Tweet | None:
    alive = list(Tweet.objects.filter(deleted_at=None).select_related("author").order_by("id"))
    return alive[which % len(alive)] if alive else None


def pending_posts() -> dict[int, int]:
    """Tweets whose fan-out is not finished, with their authors."""
    payloads = OutboxEvent.objects.filter(done_at=None, event__startswith="tweet_").values_list("payload", flat=True)
    return {payload["tweet_id"]: payload["author_id"] for payload in payloads}


def drain() -> None:
    events.drain()
    assert not OutboxEvent.objects.filter(done_at=None).exists()


def cross(threshold: int) -> None:
    accounts.flush_counts()
    django_settings.CELEBRITY_FOLLOWER_COUNT = threshold
    accounts.flag_celebrities()


def claim(event: OutboxEvent, kind: type[Claim]) -> Claim:
    """Claim this event, whoever holds it and whichever is older."""
    OutboxEvent.objects.filter(pk=event.pk).update(attempts=F("attempts") + 1)
    event.refresh_from_db()
    return kind(event.pk, event.event, event.payload, event.progress, event.attempts)


@pytest.fixture
def tight_limits(settings: DjangoSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that a dozen tweets trim timelines, cross floors and split audiences; readers never wait for a build."""
    settings.TIMELINE_LENGTH = 4
    settings.TIMELINE_SLACK = 1
    settings.AUTHOR_LIST_LENGTH = 2
    settings.FAN_OUT_BATCH = 1
    settings.FAN_OUT_RANGE = 2
    settings.TIMELINE_SHARDS = 3
    settings.CELEBRITY_FOLLOWER_COUNT = 3
    monkeypatch.setattr(rebuild, "WAIT_SECONDS", 0.0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tight_limits")
def test_hybrid_equals_oracle() -> None:
    run_state_machine_as_test(
        Network,
        settings=settings(
            max_examples=int(os.environ.get("ORACLE_EXAMPLES", "50")),
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            report_multiple_bugs=False,
            database=None,
        ),
    )
