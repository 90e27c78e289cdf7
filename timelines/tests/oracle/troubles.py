"""What happens around people: thresholds move, deliveries come late, twice or out of order, Redis is flushed."""

import datetime as dt

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.models import User
from socialgraph import events
from socialgraph.events import Claim, LeaseLost
from socialgraph.models import OutboxEvent
from socialgraph.redis import timelines
from timelines import rebuild, selectors, store
from timelines.store import Kind
from timelines.tests.oracle.doings import Doings
from timelines.tests.oracle.world import ANY, PAGE_SIZES, THRESHOLDS, Oracle, claim, cross, drain, pending_posts


class DyingClaim(Claim):
    """A worker that is killed before it can store its next step."""

    def advance(self, progress: int, delivered: int) -> None:
        raise LeaseLost("killed")


class Troubles(Doings):
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
            before = self.check_page(viewer, before, size, pending_posts(), Oracle(viewer))
            if before is None:
                return
            cross(threshold)
            self.deliver_out_of_order(threshold)
