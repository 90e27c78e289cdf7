"""How people relate: requests, blocks, mutes, and accounts that close and open."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from accounts import moderation
from accounts import services as accounts
from accounts.models import Block, FollowRequest, Mute, MutedWord, User
from accounts.services import leaving
from timelines.tests.oracle.world import ANY, WORDS, World, are_blocked, followees

UNTIL = st.sampled_from([None, dt.timedelta(hours=1)])


class Relating(World):
    @rule(a=ANY, b=ANY)
    def follow(self, a: int, b: int) -> None:
        """Of a protected account it is a request."""
        follower, followee = self.person(a), self.person(b)
        if follower == followee:
            return
        if are_blocked(follower, followee):
            with pytest.raises(PermissionDenied):
                accounts.follow(follower=follower, followee=followee)
            return
        before = followees(follower)
        is_protected = User.objects.get(pk=followee.pk).protected
        asked = FollowRequest.objects.filter(follower=follower, followee=followee)
        had_asked = asked.exists()
        changed = accounts.follow(follower=follower, followee=followee)
        if followee.pk in before:
            assert not changed
        elif is_protected:
            assert changed is not had_asked
            assert followees(follower) == before
            assert asked.exists()
        else:
            assert changed
            assert followees(follower) == before | {followee.pk}
            assert not asked.exists()

    @rule(a=ANY, b=ANY)
    def unfollow(self, a: int, b: int) -> None:
        follower, followee = self.person(a), self.person(b)
        asked = FollowRequest.objects.filter(follower=follower, followee=followee)
        existed = followee.pk in followees(follower) or asked.exists()
        assert accounts.unfollow(follower=follower, followee=followee) is existed
        assert not asked.exists()

    @rule(which=ANY, approves=st.booleans())
    def answer_a_request(self, which: int, approves: bool) -> None:
        requests = list(FollowRequest.objects.select_related("follower", "followee").order_by("id"))
        if requests:
            request = requests[which % len(requests)]
            answer = accounts.approve_request if approves else accounts.reject_request
            assert answer(followee=request.followee, follower=request.follower)
            assert (request.followee_id in followees(request.follower)) is approves

    @rule(a=ANY, b=ANY)
    def remove_follower(self, a: int, b: int) -> None:
        follower, followee = self.person(a), self.person(b)
        existed = followee.pk in followees(follower)
        assert accounts.remove_follower(followee=followee, follower=follower) is existed

    @rule(who=ANY, protected=st.booleans(), late=st.booleans())
    def protect(self, who: int, protected: bool, late: bool) -> None:
        person = self.person(who)
        was = User.objects.get(pk=person.pk).protected
        assert accounts.protect(user=person, protected=protected) is (was != protected)
        self.perhaps_deliver(late)

    @rule(a=ANY, b=ANY, undo=st.booleans())
    def block(self, a: int, b: int, undo: bool) -> None:
        blocker, blocked = self.person(a), self.person(b)
        if blocker == blocked:
            return
        existed = Block.objects.filter(blocker=blocker, blocked=blocked).exists()
        if undo:
            assert accounts.unblock(blocker=blocker, blocked=blocked) is existed
        else:
            assert accounts.block(blocker=blocker, blocked=blocked) is not existed
            assert blocked.pk not in followees(blocker)
            assert blocker.pk not in followees(blocked)

    @rule(a=ANY, b=ANY, undo=st.booleans(), lasts=UNTIL)
    def mute(self, a: int, b: int, undo: bool, lasts: dt.timedelta | None) -> None:
        muter, muted = self.person(a), self.person(b)
        if muter != muted and undo:
            accounts.unmute(muter=muter, muted=muted)
        elif muter != muted:
            accounts.mute(muter=muter, muted=muted, until=timezone.now() + lasts if lasts else None)

    @rule(who=ANY, word=st.sampled_from(WORDS), lasts=UNTIL)
    def mute_a_word(self, who: int, word: str, lasts: dt.timedelta | None) -> None:
        accounts.mute_word(user=self.person(who), word=word, until=timezone.now() + lasts if lasts else None)

    @rule(which=ANY)
    def unmute_a_word(self, which: int) -> None:
        if words := list(MutedWord.objects.select_related("user").order_by("id")):
            word = words[which % len(words)]
            assert accounts.unmute_word(user=word.user, word_id=word.pk)

    @rule()
    def time_passes(self) -> None:
        """What was muted for an hour is heard again."""
        for model in (Mute, MutedWord):
            model.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now() - dt.timedelta(seconds=1))

    @rule(who=ANY, by_staff=st.booleans())
    def go_away_or_come_back(self, who: int, by_staff: bool) -> None:
        """A deactivated account is hidden everywhere. Whom staff deactivated does not come back by logging in."""
        person = User.objects.get(pk=self.person(who).pk)
        if person.is_active:
            assert moderation.deactivate(user=person) if by_staff else leaving.leave(user=person, password="x")
        elif by_staff:
            assert moderation.reactivate(user=person)
        else:
            left_by_themselves = person.deactivated_at is not None
            assert leaving.come_back(user=person) is left_by_themselves
