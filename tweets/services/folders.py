"""Folders of bookmarks: private, each to its owner."""

import unicodedata

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import connection, transaction

from accounts.models import User
from socialgraph.rows import insert_if_absent, take_lock
from socialgraph.snowflake import moment_of
from tweets.models import Bookmark, BookmarkFolder, Tweet
from tweets.selectors import may_see, seen_tweet
from tweets.services.marking import NOT_SHOWN


@transaction.atomic
def create_folder(*, user: User, name: str) -> BookmarkFolder:
    """Raises ValidationError under `name`: not one short line, or taken whatever its case, or one folder too many."""
    take_lock("bookmark folders", user.pk)
    folder = BookmarkFolder(user=user, name=_cleaned(name))
    _check(folder)
    if BookmarkFolder.objects.filter(user=user).count() >= settings.BOOKMARK_FOLDERS_MAX:
        told = f"You have {settings.BOOKMARK_FOLDERS_MAX} folders. Delete one first."
        raise ValidationError({"name": told})
    folder.save(force_insert=True)
    return folder


@transaction.atomic
def rename_folder(*, folder: BookmarkFolder, name: str) -> bool:
    """Whether it changed. Raises ValidationError as `create_folder` does."""
    take_lock("bookmark folders", folder.user_id)
    renamed = BookmarkFolder.objects.filter(pk=folder.pk).first()
    if renamed is None:
        return False
    before, renamed.name = renamed.name, _cleaned(name)
    _check(renamed)
    renamed.save(update_fields=["name"])
    folder.name = renamed.name
    return before != renamed.name


@transaction.atomic
def delete_folder(*, folder: BookmarkFolder) -> bool:
    """Whether it was there. Its bookmarks stay, without a folder: one statement, some 20 µs a bookmark."""
    if not BookmarkFolder.objects.select_for_update().filter(pk=folder.pk).exists():
        return False
    Bookmark.objects.filter(folder_id=folder.pk).update(folder=None)
    # Raw: Django would read all bookmarks once more to let go of those that were let go above.
    query = BookmarkFolder.objects.filter(pk=folder.pk)
    return bool(query._raw_delete(query.db))


def file_bookmark(*, user: User, tweet: Tweet, folder: BookmarkFolder | None) -> bool:
    """Bookmark the tweet if it is not yet, and put it into the folder, or out of any; whether that changed anything.

    Raises PermissionDenied as `bookmark` does, and ValidationError under `folder` when it is gone or somebody else's.
    """
    if _filed(user, tweet.pk, folder):
        return True
    if folder is not None and not BookmarkFolder.objects.filter(pk=folder.pk, user=user).exists():
        raise ValidationError({"folder": "There is no such folder."})
    if not may_see(user, tweet.pk):
        raise PermissionDenied(NOT_SHOWN)
    return False


_OWN_PLACE = "SELECT id FROM bookmark_folders WHERE id = %s AND user_id = %s FOR KEY SHARE"
"""Locked, so that nobody deletes the folder before the bookmark is in it."""
_NO_PLACE = "SELECT NULL::bigint AS id"
_FILE = """
WITH place AS ({place}) INSERT INTO bookmarks AS b (user_id, tweet_id, folder_id)
SELECT %s, t.id, (SELECT id FROM place) {seen} AND EXISTS(SELECT FROM place)
ON CONFLICT (user_id, tweet_id) DO UPDATE SET folder_id = excluded.folder_id
WHERE b.folder_id IS DISTINCT FROM excluded.folder_id
"""


def _filed(user: User, tweet_id: int, folder: BookmarkFolder | None) -> bool:
    """One statement, which asks itself for everything. It changes nothing where anything stands in the way."""
    seen, values = seen_tweet(user, tweet_id)
    place, placed = (_NO_PLACE, []) if folder is None else (_OWN_PLACE, [folder.pk, user.pk])
    with connection.cursor() as cursor:
        cursor.execute(_FILE.format(place=place, seen=seen), [*placed, user.pk, *values])
        return bool(cursor.rowcount)


@transaction.atomic
def restore_bookmark(*, user: User, tweet_id: int, bookmark_id: int, folder_id: int | None) -> bool:
    """Take back a removal: the bookmark stands where it stood, in its folder if that is still there.

    Whether it was away. The numbers are those of a row that was this user's.
    """
    if not may_see(user, tweet_id):
        return False
    if folder_id is not None and not _held(user, folder_id):
        folder_id = None
    return insert_if_absent(
        Bookmark,
        id=bookmark_id,
        user_id=user.pk,
        tweet_id=tweet_id,
        folder_id=folder_id,
        created_at=moment_of(bookmark_id),
    )


def _cleaned(name: str) -> str:
    """One form for what looks the same: NFC, single spaces, none around it."""
    if len(name) > 10 * BookmarkFolder.NAME_LENGTH:  # normalising takes quadratic time on a run of combining marks
        return name
    return " ".join(unicodedata.normalize("NFC", name).split())


def _check(folder: BookmarkFolder) -> None:
    if not folder.name:
        raise ValidationError({"name": "Give the folder a name."})
    if len(folder.name) > BookmarkFolder.NAME_LENGTH:
        raise ValidationError({"name": f"The name is too long: use at most {BookmarkFolder.NAME_LENGTH} characters."})
    folder.clean_fields(exclude=["user"])
    try:
        folder.validate_constraints()
    except ValidationError as error:
        raise ValidationError({"name": error.message_dict[NON_FIELD_ERRORS]}) from error


def _held(user: User, folder_id: int) -> bool:
    """Whether the user has this folder, which cannot be deleted before this transaction ends."""
    own = BookmarkFolder.objects.select_for_update(no_key=True).filter(pk=folder_id, user=user)
    return own.exists()
