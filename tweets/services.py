"""Writes to tweets and what people mark them with. Each is one transaction and says whether it changed anything."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from socialgraph import events
from socialgraph.rows import insert_if_absent, next_snowflake
from tweets.models import Bookmark, Like, Mark, Media, PostKey, Tweet
from tweets.text import TextError, clean_text, parse


@dataclass(frozen=True)
class Picture:
    """A stored image (`socialgraph.images`) and the words for those who cannot see it."""

    name: str
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True)
class Posted:
    tweet: Tweet
    created: bool
    """False when the same key had posted it before."""


@transaction.atomic
def post_tweet(
    *, author: User, text: str, reply_to: Tweet | None = None, key: str = "", pictures: Sequence[Picture] = ()
) -> Posted:
    """Store a tweet and the event that carries it to the followers' timelines.

    `key` names one intention to post: a second call with it returns the first tweet and stores nothing. With a picture
    the text may be empty. Raises ValidationError with a message under `text`, `reply_to`, `alt` or `key`.
    """
    if len(key) > PostKey.KEY_LENGTH:
        raise ValidationError({"key": f"The key is too long: use at most {PostKey.KEY_LENGTH} characters."})
    if key and (earlier := Tweet.objects.filter(postkey__author=author, postkey__key=key).first()):
        return Posted(earlier, created=False)
    if reply_to is not None and reply_to.deleted_at is not None:
        raise ValidationError({"reply_to": "The tweet you reply to was deleted."})
    if any(len(picture.alt) > Media.ALT_MAX for picture in pictures):
        raise ValidationError({"alt": f"The description is too long: use at most {Media.ALT_MAX} characters."})
    try:
        text = clean_text(text, may_be_empty=bool(pictures))
    except TextError as error:
        raise ValidationError({"text": str(error)}) from error
    tweet_id = next_snowflake()
    if key and not insert_if_absent(PostKey, author_id=author.pk, key=key, tweet_id=tweet_id):
        # A request with this key has committed between the look above and here (the insert waited for it).
        return Posted(Tweet.objects.get(postkey__author=author, postkey__key=key), created=False)
    entities = parse(text)
    tweet = Tweet.objects.create(
        id=tweet_id,
        author=author,
        text=text,
        reply_to=reply_to,
        conversation_id=(reply_to.conversation_id or reply_to.pk) if reply_to else None,
        hashtags=list(entities.hashtags),
        mentions=_user_ids(entities.mentions),
        media_count=len(pictures),
    )
    Media.objects.bulk_create(
        Media(tweet=tweet, position=n, file=picture.name, width=picture.width, height=picture.height, alt=picture.alt)
        for n, picture in enumerate(pictures)
    )
    events.record("tweet_posted", tweet_id=tweet.pk, author_id=author.pk)
    return Posted(tweet, created=True)


def reply(*, author: User, to: Tweet, text: str, key: str = "") -> Posted:
    """Post an answer to a tweet; raises as `post_tweet` does."""
    return post_tweet(author=author, text=text, reply_to=to, key=key)


@transaction.atomic
def delete_tweet(*, tweet: Tweet, by: User) -> bool:
    """Whether it was there to delete. Raises PermissionDenied unless `by` is its author or staff."""
    if tweet.author_id != by.pk and not by.is_staff:
        raise PermissionDenied("Only the author can delete a tweet.")
    now = timezone.now()
    return bool(Tweet.objects.filter(pk=tweet.pk, deleted_at=None).update(deleted_at=now, updated_at=now))


def like(*, user: User, tweet: Tweet) -> bool:
    """Whether it is new."""
    return _mark(Like, user, tweet)


def unlike(*, user: User, tweet: Tweet) -> bool:
    """Whether there was a like to take back."""
    return _unmark(Like, user, tweet)


def bookmark(*, user: User, tweet: Tweet) -> bool:
    """Whether it is new."""
    return _mark(Bookmark, user, tweet)


def unbookmark(*, user: User, tweet: Tweet) -> bool:
    """Whether there was a bookmark to remove."""
    return _unmark(Bookmark, user, tweet)


@transaction.atomic
def _mark(kind: type[Mark], user: User, tweet: Tweet) -> bool:
    return insert_if_absent(kind, user_id=user.pk, tweet_id=tweet.pk)


@transaction.atomic
def _unmark(kind: type[Mark], user: User, tweet: Tweet) -> bool:
    deleted, _ = kind._default_manager.filter(user=user, tweet=tweet).delete()
    return bool(deleted)


def prune_post_keys() -> int:
    """Forget keys that are older than POST_KEY_KEEP_HOURS; returns how many."""
    oldest = timezone.now() - dt.timedelta(hours=settings.POST_KEY_KEEP_HOURS)
    deleted, _ = PostKey.objects.filter(created_at__lt=oldest).delete()
    return deleted


def _user_ids(usernames: tuple[str, ...]) -> list[int]:
    if not usernames:
        return []
    named = User.objects.annotate(name=Lower("username")).filter(name__in=usernames)
    return sorted(named.values_list("id", flat=True))
