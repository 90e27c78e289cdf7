"""Posting and deleting tweets."""

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
from socialgraph.rows import insert_if_absent, next_snowflake, share_lock, take_lock
from tweets.models import PostKey, Tweet
from tweets.selectors import may_see
from tweets.services.media import attach, waiting_media
from tweets.text import TextError, clean_text, parse
from tweets.threads import path_below


@dataclass(frozen=True)
class Posted:
    tweet: Tweet
    created: bool
    """False when the same key had posted it before."""


@transaction.atomic
def post_tweet(
    *,
    author: User,
    text: str,
    reply_to: Tweet | None = None,
    quote_of: Tweet | None = None,
    key: str = "",
    media_ids: Sequence[int] = (),
) -> Posted:
    """Store a tweet and the event that carries it to the followers' timelines.

    `key` names one intention to post: a second call with it returns the first tweet and stores nothing. With an image
    the text may be empty; `media_ids` are the author's own that no tweet has. Raises ValidationError with a message
    under `text`, `reply_to`, `quote_of`, `media` or `key`.
    """
    if len(key) > PostKey.KEY_LENGTH:
        raise ValidationError({"key": f"The key is too long: use at most {PostKey.KEY_LENGTH} characters."})
    if key and (earlier := Tweet.objects.filter(postkey__author=author, postkey__key=key).first()):
        return Posted(earlier, created=False)
    if reply_to is not None and not may_see(author, reply_to.pk):
        raise ValidationError({"reply_to": "The tweet you reply to was deleted, or is not shown to you."})
    if quote_of is not None:
        _check_passing_on(author, quote_of, "quote_of")
    try:
        text = clean_text(text, may_be_empty=bool(media_ids))
    except TextError as error:
        raise ValidationError({"text": str(error)}) from error
    tweet_id = next_snowflake()
    if key and not insert_if_absent(PostKey, author_id=author.pk, key=key, tweet_id=tweet_id):
        # A request with this key has committed between the look above and here (the insert waited for it).
        return Posted(Tweet.objects.get(postkey__author=author, postkey__key=key), created=False)
    media = waiting_media(owner=author, ids=media_ids) if media_ids else []
    entities = parse(text)
    tweet = Tweet(
        id=tweet_id,
        author=author,
        text=text,
        reply_to=reply_to,
        quote_of=quote_of,
        hashtags=list(entities.hashtags),
        mentions=mentioned_ids(entities.mentions),
        media_count=len(media),
    )
    if reply_to is not None:
        tweet.conversation_id = reply_to.conversation_id or reply_to.pk
        tweet.thread_path = path_below(reply_to.thread_path, tweet_id)
    _insert(tweet)
    attach(tweet=tweet, media=media)
    events.record("tweet_posted", tweet_id=tweet.pk, author_id=author.pk)
    return Posted(tweet, created=True)


def _insert(tweet: Tweet) -> None:
    """Under the author's protection as it is when this transaction commits. Raises PermissionDenied if closed."""
    share_lock("author", tweet.author_id)
    author = User.objects.filter(pk=tweet.author_id, is_active=True).values_list("protected", flat=True).first()
    if author is None:
        raise PermissionDenied("This account is closed.")
    tweet.is_protected = author
    tweet.save(force_insert=True)


def _check_passing_on(user: User, tweet: Tweet, field: str) -> None:
    """Only what everybody may read is carried on to others; one's own always."""
    if not may_see(user, tweet.pk):
        raise ValidationError({field: "This tweet was deleted, or is not shown to you."})
    if tweet.author.protected and tweet.author_id != user.pk:
        raise ValidationError({field: "This tweet is for the followers of its author only."})


@transaction.atomic
def retweet(*, user: User, tweet: Tweet) -> bool:
    """Whether it is new: it reaches the followers as a tweet does. Raises ValidationError under `retweet_of`."""
    take_lock("retweet", user.pk, tweet.pk)
    if Tweet.objects.filter(author=user, retweet_of=tweet, deleted_at=None).exists():
        return False
    share_lock("deletion", tweet.pk)  # or the clean-up of its retweets could come before this one
    _check_passing_on(user, tweet, "retweet_of")
    own = Tweet(id=next_snowflake(), author=user, retweet_of=tweet)
    _insert(own)
    events.record("tweet_posted", tweet_id=own.pk, author_id=user.pk)
    return True


@transaction.atomic
def unretweet(*, user: User, tweet: Tweet) -> bool:
    """Whether there was a retweet to take back. Nothing of it stays."""
    take_lock("retweet", user.pk, tweet.pk)
    deleted, _ = Tweet.objects.filter(author=user, retweet_of=tweet).delete()
    return bool(deleted)


@transaction.atomic
def align_protection(*, author_id: int, after: int, limit: int) -> int:
    """Let the next tweets of the author after the id `after` be counted as the account is now; the last one's id.

    0 when there are no more.
    """
    take_lock("author", author_id)
    is_protected = User.objects.filter(pk=author_id, protected=True).exists()
    tweets = Tweet.objects.filter(author_id=author_id, pk__gt=after).order_by("pk")
    ids = list(tweets.values_list("pk", flat=True)[:limit])
    Tweet.objects.filter(pk__in=ids).exclude(is_protected=is_protected).update(is_protected=is_protected)
    return ids[-1] if ids else 0


def reply(*, author: User, to: Tweet, text: str, key: str = "") -> Posted:
    """Post an answer to a tweet; raises as `post_tweet` does."""
    return post_tweet(author=author, text=text, reply_to=to, key=key)


@transaction.atomic
def delete_tweet(*, tweet: Tweet, by: User) -> bool:
    """Whether it was there to delete. Raises PermissionDenied unless `by` is its author or staff."""
    if tweet.author_id != by.pk and not by.is_staff:
        raise PermissionDenied("Only the author can delete a tweet.")
    if tweet.retweet_of is not None:
        return unretweet(user=tweet.author, tweet=tweet.retweet_of)
    take_lock("deletion", tweet.pk)
    now = timezone.now()
    if not Tweet.objects.filter(pk=tweet.pk, deleted_at=None).update(deleted_at=now, updated_at=now):
        return False
    events.record("tweet_deleted", tweet_id=tweet.pk)
    return True


@transaction.atomic
def delete_retweets(*, tweet_id: int, limit: int) -> int:
    """Delete up to `limit` retweets of a deleted tweet; returns how many there were."""
    ids = list(
        Tweet.objects.filter(retweet_of_id=tweet_id, retweet_of__deleted_at__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    Tweet.objects.filter(pk__in=ids).delete()
    return len(ids)


def prune_post_keys() -> int:
    """Forget keys that are older than POST_KEY_KEEP_HOURS; returns how many."""
    oldest = timezone.now() - dt.timedelta(hours=settings.POST_KEY_KEEP_HOURS)
    deleted, _ = PostKey.objects.filter(created_at__lt=oldest).delete()
    return deleted


def mentioned_ids(usernames: tuple[str, ...]) -> list[int]:
    if not usernames:
        return []
    named = User.objects.annotate(name=Lower("username")).filter(name__in=usernames)
    return sorted(named.values_list("id", flat=True))
