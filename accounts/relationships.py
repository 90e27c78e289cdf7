"""The follow state machine: how one person stands to another, what each may do, and what happens then.

A state is that of the *follower* towards the *followee*, and derived from rows: nothing stores it. Blocking, being
blocked and muting are flags beside it.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    STRANGER = "Stranger"
    REQUESTED = "Follow Request Sent"
    FOLLOWING = "Following"
    MUTUAL = "Mutual Following"
    """Following, and the followee follows back."""


class Action(Enum):
    FOLLOW = "follow an open account"
    REQUEST = "ask a protected account"
    UNFOLLOW = "unfollow"
    CANCEL = "take the request back"
    APPROVE = "the followee approves"
    REJECT = "the followee rejects"
    REMOVE = "the followee removes the follower"
    BLOCK = "one of the two blocks the other"


@dataclass(frozen=True)
class Transition:
    to: State
    """FOLLOWING stands for MUTUAL too, where the followee follows back."""
    event: str
    """What is recorded in the outbox, with `follower_id` and `followee_id`."""


TRANSITIONS = {
    (State.STRANGER, Action.FOLLOW): Transition(State.FOLLOWING, "followed"),
    (State.STRANGER, Action.REQUEST): Transition(State.REQUESTED, "follow_requested"),
    (State.REQUESTED, Action.FOLLOW): Transition(State.FOLLOWING, "followed"),  # the account was opened since
    (State.REQUESTED, Action.UNFOLLOW): Transition(State.STRANGER, "follow_request_cancelled"),
    (State.REQUESTED, Action.CANCEL): Transition(State.STRANGER, "follow_request_cancelled"),
    (State.REQUESTED, Action.APPROVE): Transition(State.FOLLOWING, "follow_approved"),
    (State.REQUESTED, Action.REJECT): Transition(State.STRANGER, "follow_rejected"),
    (State.REQUESTED, Action.BLOCK): Transition(State.STRANGER, "follow_request_cancelled"),
    (State.FOLLOWING, Action.UNFOLLOW): Transition(State.STRANGER, "unfollowed"),
    (State.FOLLOWING, Action.REMOVE): Transition(State.STRANGER, "follower_removed"),
    (State.FOLLOWING, Action.BLOCK): Transition(State.STRANGER, "unfollowed"),
    (State.MUTUAL, Action.UNFOLLOW): Transition(State.STRANGER, "unfollowed"),
    (State.MUTUAL, Action.REMOVE): Transition(State.STRANGER, "follower_removed"),
    (State.MUTUAL, Action.BLOCK): Transition(State.STRANGER, "unfollowed"),
}
"""A pair that is not here changes nothing. While a block stands, FOLLOW and REQUEST are refused."""

EVENTS = sorted({transition.event for transition in TRANSITIONS.values()})
FLAG_EVENTS = ["blocked", "unblocked", "muted", "unmuted"]


@dataclass(frozen=True)
class Relationship:
    """How a viewer stands to another person, and the other way round."""

    follows: bool = False
    has_requested: bool = False
    is_followed_by: bool = False
    is_requested_by: bool = False
    is_blocking: bool = False
    is_blocked_by: bool = False
    is_muting: bool = False
    muted_until: dt.datetime | None = None
    is_protected: bool = False
    """The other one's account."""
    is_self: bool = False

    @property
    def state(self) -> State:
        return _state(self.follows, self.has_requested, self.is_followed_by)

    @property
    def reversed_state(self) -> State:
        """The other one's towards the viewer."""
        return _state(self.is_followed_by, self.is_requested_by, self.follows)

    @property
    def may_read(self) -> bool:
        """Whether the viewer may see what the other one, an active account, posts."""
        is_blocked = self.is_blocking or self.is_blocked_by
        return self.is_self or (not is_blocked and (self.follows or not self.is_protected))


def _state(follows: bool, has_requested: bool, is_followed_by: bool) -> State:
    if follows:
        return State.MUTUAL if is_followed_by else State.FOLLOWING
    return State.REQUESTED if has_requested else State.STRANGER
