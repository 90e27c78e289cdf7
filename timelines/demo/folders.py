"""Where the demo user keeps bookmarks: a few folders, by what their authors mostly write about."""

from collections.abc import Iterable, Mapping

from accounts.models import User
from timelines.demo.moments import Moments
from tweets.models import Bookmark, BookmarkFolder

FOLDERS = {"Recipes": ("bread",), "To read": ("books", "code"), "Weekends": ("cycling", "garden"), "Sky": ("stars",)}
OLDEST = 20.0  # days


def put_into_folders(
    moments: Moments, owner: User, topics: Mapping[int, str], bookmarks: Iterable[Bookmark]
) -> list[BookmarkFolder]:
    """The owner's folders, to be stored before the bookmarks; what fits none stays outside. `topics` by author's id."""
    folders: dict[str, BookmarkFolder] = {}
    for age, (name, held) in enumerate(FOLDERS.items()):
        days_ago = OLDEST - age
        folder = BookmarkFolder(id=moments.id_at(days_ago), user=owner, name=name, created_at=moments.at(days_ago))
        folders |= dict.fromkeys(held, folder)
    for bookmark in bookmarks:
        if bookmark.user_id == owner.pk:
            bookmark.folder = folders.get(topics[bookmark.tweet.author_id])
    return list(dict.fromkeys(folders.values()))
