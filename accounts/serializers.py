"""The shapes of people in the API: what comes in, what goes out."""

import datetime as dt
from typing import Any, Protocol, TypedDict

from django.conf import settings
from rest_framework import serializers

from accounts.models import MutedWord, User
from accounts.passwords import PASSWORD_MAX
from accounts.relationships import Relationship
from socialgraph.pagination import decode_cursor


class StrictTextField(serializers.CharField):
    """A JSON string as it came. The parent takes numbers for text and strips white space."""

    def __init__(self, **kwargs: Any) -> None:  # the parent's many options
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class SignUp(serializers.Serializer[User]):
    """Types only: `services.register` knows what a good name, address and password are."""

    username = StrictTextField()
    email = StrictTextField()
    password = StrictTextField(max_length=PASSWORD_MAX)
    display_name = StrictTextField(default="")


class PeopleQuery(serializers.Serializer[object]):
    """`?q=&limit=` of a look-up by the beginning of a name."""

    q = serializers.CharField(max_length=50)
    limit = serializers.IntegerField(min_value=1, max_value=settings.PAGE_SIZE_MAX, default=settings.PAGE_SIZE)


class PageQuery(serializers.Serializer[object]):
    """`?limit=&cursor=` of every page; `validated_data["cursor"]` is the row id to go on from, or None."""

    limit = serializers.IntegerField(min_value=1, max_value=settings.PAGE_SIZE_MAX, default=settings.PAGE_SIZE)
    cursor = serializers.CharField(default="", allow_blank=True)

    def validate_cursor(self, cursor: str) -> int | None:
        return decode_cursor(cursor)


class ProfileChange(serializers.Serializer[User]):
    """What of an account its owner may change in the API."""

    protected = serializers.BooleanField()


class MuteUntil(serializers.Serializer[object]):
    until = serializers.DateTimeField(default=None, allow_null=True)


class NewMutedWord(MuteUntil):
    word = StrictTextField()


class UserJson(TypedDict):
    id: str
    username: str
    display_name: str
    bio: str
    avatar_url: str | None
    verified: bool
    protected: bool
    follower_count: int
    following_count: int
    tweet_count: int
    created_at: dt.datetime


class Site(Protocol):
    """A request, or what stands for one."""

    def build_absolute_uri(self, location: str) -> str: ...


def user_json(user: User, request: Site) -> UserJson:
    """A plain function, as 50 tweets by serializer classes took ten times as long."""
    return {
        "id": str(user.pk),
        "username": user.username,
        "display_name": user.display_name,
        "bio": user.bio,
        "avatar_url": request.build_absolute_uri(user.avatar_url) if user.avatar else None,
        "verified": user.verified,
        "protected": user.protected,
        "follower_count": user.follower_count,
        "following_count": user.following_count,
        "tweet_count": user.tweet_count,
        "created_at": user.created_at,
    }


class RelationshipJson(TypedDict):
    state: str
    following: bool
    requested: bool
    followed_by: bool
    requested_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muted_until: dt.datetime | None


def relationship_json(known: Relationship) -> RelationshipJson:
    return {
        "state": known.state.value,
        "following": known.follows,
        "requested": known.has_requested,
        "followed_by": known.is_followed_by,
        "requested_by": known.is_requested_by,
        "blocking": known.is_blocking,
        "blocked_by": known.is_blocked_by,
        "muting": known.is_muting,
        "muted_until": known.muted_until,
    }


class MutedWordJson(TypedDict):
    id: str
    word: str
    until: dt.datetime | None
    created_at: dt.datetime


def muted_word_json(word: MutedWord) -> MutedWordJson:
    return {"id": str(word.pk), "word": word.word, "until": word.expires_at, "created_at": word.created_at}
