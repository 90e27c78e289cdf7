"""Who people are and how they relate."""

from accounts.models.graph import COUNTERS, Block, Follow, FollowRequest, Mute, MutedWord
from accounts.models.people import ONE_LINE, Celebrity, User

__all__ = [
    "COUNTERS",
    "ONE_LINE",
    "Block",
    "Celebrity",
    "Follow",
    "FollowRequest",
    "Mute",
    "MutedWord",
    "User",
]
