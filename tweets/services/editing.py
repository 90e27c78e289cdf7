"""Changing what a tweet says. What it said before stays in `tweets_history`."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from socialgraph import events
from tweets.models import Media, Tweet, TweetVersion
from tweets.services.posting import mentioned_ids
from tweets.text import TextError, clean_text, parse

_KEPT_OF_IMAGES = ("name", "width", "height", "alt")


@transaction.atomic
def edit_tweet(*, tweet: Tweet, by: User, text: str, alts: Sequence[str] | None = None) -> bool:
    """Whether anything changed. `alts` are new descriptions of all its images, in their order; None leaves them.

    The text and the images' names, sizes and descriptions so far are kept as a version; images cannot be exchanged. Two
    edits at the same moment take turns, and both are kept. Raises PermissionDenied for whoever may not edit it or not
    any longer, ValidationError with a message under `text` or `alt`.
    """
    # NO KEY: an edit need not wait for the likes and replies that point at the tweet.
    current = Tweet.objects.select_for_update(no_key=True).filter(pk=tweet.pk).first()
    if current is None:
        raise PermissionDenied("This tweet was deleted.")
    if refusal := why_not_edit(tweet=current, by=by):
        raise PermissionDenied(refusal)
    if not User.objects.filter(pk=by.pk, is_active=True).exists():
        raise PermissionDenied("This account is closed.")
    images = list(Media.objects.filter(tweet=current).order_by("position")) if current.media_count else []
    text, described = _clean(text, images), _described(images, alts)
    if text == current.text and not described:
        return False
    if current.version > settings.EDITS_MAX:
        raise ValidationError({"text": f"A tweet can be edited {settings.EDITS_MAX} times, and this one has been."})
    _keep(current, images)
    for image, alt in described:
        Media.objects.filter(pk=image.pk).update(alt=alt)
    _say(current, text)
    events.record("tweet_edited", tweet_id=current.pk, version=current.version)
    return True


def editable_until(tweet: Tweet) -> dt.datetime:
    return tweet.created_at + dt.timedelta(minutes=settings.EDIT_MINUTES)


def why_not_edit(*, tweet: Tweet, by: User) -> str:
    """What to tell a person who cannot edit the tweet now; empty for its author in time."""
    if tweet.author_id != by.pk:
        return "Only its author can edit a tweet."
    if tweet.retweet_of_id is not None:
        return "A retweet has no words of its own to edit."
    if tweet.deleted_at is not None:
        return "This tweet was deleted."
    if timezone.now() > editable_until(tweet):
        return f"It is too late to edit this tweet: that is possible for {edit_window()} after posting."
    return ""


def edit_window() -> str:
    """How long after posting a tweet can be edited, in words."""
    number, unit = settings.EDIT_MINUTES, "minute"
    if number and number % 60 == 0:
        number, unit = number // 60, "hour"
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _clean(text: str, images: Sequence[Media]) -> str:
    try:
        return clean_text(text, may_be_empty=bool(images))
    except TextError as error:
        raise ValidationError({"text": str(error)}) from error


def _described(images: Sequence[Media], alts: Sequence[str] | None) -> list[tuple[Media, str]]:
    """The images whose description changes, with the new one."""
    if alts is None:
        return []
    alts = [alt.strip() for alt in alts]
    if len(alts) != len(images):
        raise ValidationError({"alt": f"Send one description for each of the {len(images)} images."})
    if any(len(alt) > Media.ALT_MAX for alt in alts):
        raise ValidationError({"alt": f"The description is too long: use at most {Media.ALT_MAX} characters."})
    if any("\0" in alt for alt in alts):
        raise ValidationError({"alt": "Remove the character U+0000 from the description."})
    return [(image, alt) for image, alt in zip(images, alts, strict=True) if alt != image.alt]


def _keep(current: Tweet, images: Sequence[Media]) -> None:
    TweetVersion.objects.create(
        tweet=current,
        version=current.version,
        text=current.text,
        media=[
            dict(zip(_KEPT_OF_IMAGES, (image.file.name, image.width, image.height, image.alt), strict=True))
            for image in images
        ],
        created_at=current.edited_at or current.created_at,
    )


def _say(current: Tweet, text: str) -> None:
    entities = parse(text)
    current.text = text
    current.hashtags = list(entities.hashtags)
    current.mentions = mentioned_ids(entities.mentions)
    current.version += 1
    current.edited_at = timezone.now()
    current.save(update_fields=["text", "hashtags", "mentions", "version", "edited_at", "updated_at"])
