"""What a tweet has said so far, version by version."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tweets.diff import Piece, diff
from tweets.models import Media, Tweet, TweetVersion

Image = dict[str, Any]
"""name, width, height and alt, as `tweets_history` keeps them."""


@dataclass(frozen=True)
class Redescribed:
    position: int
    """Of the image in its tweet, from 1."""
    name: str
    changes: list[Piece]


@dataclass(frozen=True)
class Version:
    number: int
    text: str
    images: list[Image]
    created_at: dt.datetime
    """When this text was posted."""
    changes: list[Piece]
    """From the version before to this one; of the first one its text."""
    described: list[Redescribed]
    """The images whose description differs from the version before."""
    is_current: bool

    @property
    def is_first(self) -> bool:
        return self.number == 1

    @property
    def is_text_changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.changes)


def versions_of(tweet: Tweet) -> list[Version]:
    """All versions, the newest first; a query for those before and, where there are images, one for these."""
    images = [
        {"name": image.file.name, "width": image.width, "height": image.height, "alt": image.alt}
        for image in (Media.objects.filter(tweet=tweet).order_by("position") if tweet.media_count else ())
    ]
    earlier = list(TweetVersion.objects.filter(tweet=tweet).order_by("version"))
    # One who edits between the query of the tweet and this one has put into `earlier` what `tweet` holds, and more.
    earlier = [row for row in earlier if row.version < tweet.version]
    now = TweetVersion(
        version=tweet.version, text=tweet.text, media=images, created_at=tweet.edited_at or tweet.created_at
    )
    rows = [*earlier, now]
    first = Version(
        **_common(rows[0], now),
        changes=[Piece("same", rows[0].text)] if rows[0].text else [],
        described=[],
    )
    return [first, *(_after(before, row, now) for before, row in pairwise(rows))][::-1]


def _after(before: TweetVersion, row: TweetVersion, now: TweetVersion) -> Version:
    described = [
        Redescribed(position, image["name"], diff(old["alt"], image["alt"]))
        for position, (old, image) in enumerate(zip(before.media, row.media, strict=False), 1)
        if old["alt"] != image["alt"]
    ]
    return Version(**_common(row, now), changes=diff(before.text, row.text), described=described)


def _common(row: TweetVersion, now: TweetVersion) -> dict[str, Any]:  # the fields that need no look at other versions
    return {
        "number": row.version,
        "text": row.text,
        "images": row.media,
        "created_at": row.created_at,
        "is_current": row is now,
    }
