"""Reads of somebody's own bookmarks: by folder, by words, a page at a time. Nobody else's are ever read.

What one may not see any more (deleted, protected, blocked) is left out and stays bookmarked: it is back when one may.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.functions import Lower

from accounts.models import User
from accounts.visibility import is_seen_by
from socialgraph.pagination import Page, encode_cursor
from timelines.pages import Asked
from timelines.store import MAX_ID
from tweets.cards import Card, cards_of
from tweets.models import Bookmark, BookmarkFolder, Tweet


@dataclass(frozen=True)
class Wanted:
    """Which bookmarks. All words have to be there; `folder` as an id, or `unfiled`, or neither."""

    folder: int | None = None
    unfiled: bool = False
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, **place: Any) -> "Wanted":
        """The words of what somebody typed."""
        words = unicodedata.normalize("NFC", text).replace("\0", " ").split()
        return cls(words=tuple(words[: settings.BOOKMARK_WORDS_MAX]), **place)


ALL = Wanted()


def folders_of(user: User) -> list[BookmarkFolder]:
    """By name; one query."""
    return list(BookmarkFolder.objects.filter(user=user).order_by(Lower("name")))


def folder_of(user: User, folder_id: int) -> BookmarkFolder | None:
    """None when there is none, or it is somebody else's; one query."""
    return BookmarkFolder.objects.filter(user=user, pk=folder_id).first()


def bookmark_of(user: User, tweet: Tweet) -> Bookmark | None:
    """One query."""
    return Bookmark.objects.filter(user=user, tweet=tweet).first()


# Upper and then lower case: that makes one letter of the two small sigmas. PostgreSQL leaves the sharp s alone.
_FOLDED = "replace(lower(upper({})), 'ß', 'ss')"


def _has_word(word: str) -> tuple[str, list[str]]:
    """SQL over a tweet `t`: the word is anywhere in its text, or is the @name of its author."""
    in_text = f"strpos({_FOLDED.format('t.text')}, {_FOLDED.format('%s::text')}) > 0"
    if not word.startswith("@"):
        return in_text, [word]
    by_author = "t.author_id = (SELECT n.id FROM users n WHERE lower(n.username) = lower(%s))"
    return f"({in_text} OR {by_author})", [word, word[1:]]


def bookmarked(viewer: User, asked: Asked, wanted: Wanted = ALL) -> Page[Card]:
    """What the viewer saved, the latest first, each with its `folder_id`; two queries. The cursor is a bookmark's id.

    It looks at BOOKMARKS_STEP bookmarks and no more, so that it takes the same time however many there are. What it did
    not find among them may be further back: then the page is short, or empty, and `next` leads on.
    """
    found, following = _step(viewer, asked, wanted)
    shown = cards_of(viewer, [tweet_id for _, tweet_id, _ in found])
    results = []
    for _, tweet_id, folder_id in found:
        if tweet_id in shown:
            shown[tweet_id].folder_id = folder_id
            results.append(shown[tweet_id])
    return Page(results, following)


def _step(viewer: User, asked: Asked, wanted: Wanted) -> tuple[list[tuple[int, int, int | None]], str | None]:
    """((bookmark, tweet, folder) of each, the cursor to go on from)."""
    place, placed = "b.user_id = %s", [viewer.pk]
    if wanted.folder is not None:
        # Beside the folder the user would be a second way to the rows, and PostgreSQL would go both to their ends.
        place = "b.folder_id = (SELECT f.id FROM bookmark_folders f WHERE f.id = %s AND f.user_id = %s)"
        placed = [wanted.folder, viewer.pk]
    elif wanted.unfiled:
        place = f"{place} AND b.folder_id IS NULL"
    place, placed = f"{place} AND b.id < %s", [*placed, MAX_ID if asked.cursor is None else asked.cursor]
    is_seen, seen_values = is_seen_by(viewer, "u")
    words = [_has_word(word) for word in wanted.words]
    condition = " AND ".join(["t.deleted_at IS NULL", *(sql for sql, _ in words), is_seen])
    step = f"SELECT b.id, b.tweet_id, b.folder_id FROM bookmarks b WHERE {place} ORDER BY b.id DESC LIMIT %s"  # nosec B608 # made of constants
    placed.append(settings.BOOKMARKS_STEP)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bounds.looked_at, bounds.last, found.* FROM"  # nosec B608 # made of constants
            f" (SELECT count(*) AS looked_at, min(id) AS last FROM ({step}) s) bounds LEFT JOIN"
            f" (SELECT s.* FROM ({step}) s JOIN tweets t ON t.id = s.tweet_id JOIN users u ON u.id = t.author_id"
            f" WHERE {condition} ORDER BY s.id DESC LIMIT %s) found ON true ORDER BY found.id DESC",
            [*placed, *placed, *(value for _, values in words for value in values), *seen_values, asked.limit + 1],
        )
        rows = cursor.fetchall()
    looked_at, last = rows[0][:2]
    found = [(row[2], row[3], row[4]) for row in rows if row[2] is not None]
    if len(found) > asked.limit:
        return found[: asked.limit], encode_cursor(found[asked.limit - 1][0])
    return found, encode_cursor(last) if looked_at == settings.BOOKMARKS_STEP else None
