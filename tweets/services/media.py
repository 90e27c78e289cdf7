"""The images of tweets: sent one by one, described, attached to a tweet, and gone with it.

A file is named by its content, so several rows may share it. Whoever stores a file holds the lock of its name until the
row that names it is committed, and whoever deletes one holds it while looking for such rows: so no row is ever left
without its file.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import User
from socialgraph import events
from socialgraph.images import clean_image, lock_file, preview
from tweets.models import Media, Tweet, TweetVersion

NOT_THERE = "An image is no longer here, or was posted already. Add it again."


def upload(*, owner: User, file: IO[bytes], alt: str = "") -> Media:
    """Store an image for a tweet that is still being written; a worker makes its thumbnail.

    Raises ValidationError under `image` or `alt`, and CannotStore.
    """
    alt = _fit_alt(alt)
    try:
        image = clean_image(file, longest_side=settings.IMAGE_SIDE)
    except ValidationError as error:
        raise ValidationError({"image": error.messages}) from error
    with transaction.atomic():
        media = Media.objects.create(
            owner=owner, file=image.store("media"), width=image.width, height=image.height, alt=alt
        )
        events.record("media_uploaded", media_id=media.pk)
    _keep_few(owner)
    return media


@transaction.atomic
def _keep_few(owner: User) -> None:
    waiting = Media.objects.filter(_is_in_no_draft(), owner=owner, tweet=None)
    ids = list(waiting.order_by("-pk").values_list("pk", flat=True)[settings.MEDIA_WAITING_MAX :])
    _remove(waiting.filter(pk__in=ids))


def describe(*, media: Media, alt: str) -> bool:
    """Whether an image that no tweet has is there to be given these words, for those who cannot see it.

    Raises ValidationError under `alt`.
    """
    media.alt = _fit_alt(alt)
    return bool(Media.objects.filter(pk=media.pk, tweet=None).update(alt=media.alt))


def _fit_alt(alt: str) -> str:
    alt = alt.replace("\x00", "").strip()
    if len(alt) > Media.ALT_MAX:
        raise ValidationError({"alt": f"The description is too long: use at most {Media.ALT_MAX} characters."})
    return alt


def waiting_media(*, owner: User, ids: Sequence[int]) -> list[Media]:
    """Those of the ids that the owner may still post, in this order, and locked: for the transaction that posts them.

    Raises ValidationError under `media` when there are too many, or one is another's, posted or gone.
    """
    if len(ids) > settings.MEDIA_MAX:
        raise ValidationError({"media": f"A post has at most {settings.MEDIA_MAX} images."})
    rows = Media.objects.select_for_update().filter(owner=owner, tweet=None, pk__in=ids).order_by("pk")
    found = {media.pk: media for media in rows}
    if len(found) != len(ids):
        raise ValidationError({"media": NOT_THERE})
    return [found[media_id] for media_id in ids]


def attach(*, tweet: Tweet, media: Iterable[Media]) -> None:
    """Within the transaction that posts the tweet, after `waiting_media`."""
    for position, image in enumerate(media):
        image.tweet, image.position = tweet, position
        image.save(update_fields=["tweet", "position"])


@transaction.atomic
def discard(*, media: Media) -> bool:
    """Whether an image that no tweet has was taken back."""
    return bool(_remove(Media.objects.filter(pk=media.pk, tweet=None)))


@transaction.atomic
def prune_media(*, limit: int = 500) -> int:
    """Take back up to `limit` images that nobody has posted within MEDIA_WAITING_HOURS; how many there were.

    What a draft waits to post stays.
    """
    oldest = timezone.now() - dt.timedelta(hours=settings.MEDIA_WAITING_HOURS)
    waiting = Media.objects.filter(_is_in_no_draft(), tweet=None, created_at__lt=oldest)
    return _remove(waiting.order_by("created_at")[:limit])


def _is_in_no_draft() -> RawSQL:
    return RawSQL(  # nosec B611 # made of constants
        "NOT EXISTS(SELECT 1 FROM drafts d WHERE d.author_id = media.owner_id AND media.id = ANY(d.media_ids))",
        [],
        output_field=BooleanField(),
    )


@transaction.atomic
def remove_media_of_tweet(*, tweet_id: int) -> int:
    """The images of a deleted tweet, those of its earlier versions too; how many rows there were."""
    if Tweet.objects.filter(pk=tweet_id, deleted_at=None).exists():
        return 0
    earlier = TweetVersion.objects.filter(tweet_id=tweet_id).exclude(media=[])
    names = [picture["name"] for media in earlier.values_list("media", flat=True) for picture in media]
    earlier.update(media=[])
    _release(names)
    return _remove(Media.objects.filter(tweet_id=tweet_id))


@transaction.atomic
def remove_media_of_owner(*, owner_id: int, limit: int) -> int:
    """Up to `limit` images of an account that is being erased, of its tweets too; how many there were."""
    return _remove(Media.objects.filter(owner_id=owner_id).order_by("pk")[:limit])


def _remove(rows: "QuerySet[Media]") -> int:
    """Delete these rows; the files of which no row is left follow by event."""
    found = list(rows.select_for_update().values_list("pk", "file", "thumbnail"))
    Media.objects.filter(pk__in=[pk for pk, _, _ in found]).delete()
    _release(name for _, *names in found for name in names)
    return len(found)


def _release(names: Iterable[str]) -> None:
    if some := sorted({name for name in names if name}):
        events.record("files_released", names=some)


def make_preview(*, media_id: int) -> bool:
    """Whether the image is there and has its thumbnail and placeholder now. Safe to repeat."""
    media = Media.objects.filter(pk=media_id).first()
    if media is None:
        return False
    with media.file.open() as file:
        thumbnail, placeholder = preview(file, longest_side=settings.THUMBNAIL_SIDE)
    with transaction.atomic():
        if not Media.objects.select_for_update().filter(pk=media_id).exists():
            return False
        name = thumbnail.store("media") if thumbnail else ""
        Media.objects.filter(pk=media_id).update(thumbnail=name, placeholder=placeholder)
    return True


_IS_NAMED = (
    "SELECT EXISTS(SELECT 1 FROM media WHERE file = %(name)s)"
    " OR EXISTS(SELECT 1 FROM media WHERE thumbnail = %(name)s AND thumbnail <> '')"
    " OR EXISTS(SELECT 1 FROM tweets_history"
    " WHERE media @> jsonb_build_array(jsonb_build_object('name', %(name)s::text)))"
)
_IS_SHOWN = "SELECT EXISTS(SELECT 1 FROM users WHERE avatar = %(name)s)"


@transaction.atomic
def delete_file(*, name: str) -> bool:
    """Whether the file was deleted, because no row names it any more."""
    lock_file(name)
    with connection.cursor() as cursor:
        cursor.execute(_IS_SHOWN if name.startswith("avatars/") else _IS_NAMED, {"name": name})
        if cursor.fetchone()[0]:
            return False
    default_storage.delete(name)
    return True
