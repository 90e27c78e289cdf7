"""Cards as HTML: what all readers see is rendered once, what differs from one to the other is put in afterwards.

`timelines/_card.html` renders a `Content` and nothing else, and frames are kept by it: a frame is never stale, it is
only no longer asked for.
"""

import datetime as dt
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User
from timelines import buttons
from timelines.templatetags.cards import age
from tweets.bodies import Kind, bodies
from tweets.cards import Card
from tweets.models import Tweet

KEPT = 1_000
"""Frames of other places in each process, of about 1 kB."""
_HOLE = "\x00"  # in no text: neither PostgreSQL nor tweets.text.clean_text lets it in
_HOLES = 4


class Writer(NamedTuple):
    pk: int
    username: str
    display_name: str
    avatar: str
    """The name of the file, or nothing."""

    @property
    def avatar_url(self) -> str:
        return default_storage.url(self.avatar) if self.avatar else ""

    def get_absolute_url(self) -> str:
        return reverse("profile", args=[self.username])


class Content(NamedTuple):
    """All that a frame shows."""

    pk: int
    author: Writer
    text: str
    known_mentions: tuple[str, ...]
    created_at: dt.datetime
    edited_at: dt.datetime | None
    is_reply: bool
    reply_to_id: int | None
    replied_to: str | None
    quote_of_id: int | None
    quote: bytes
    """JSON, as are the pictures; both may be null."""
    pictures: bytes
    is_single: bool
    retweet_count: int = 0
    """This and the next one where it is single."""
    quote_count: int = 0

    def get_absolute_url(self) -> str:
        return reverse("tweet", args=[self.pk])


def card(tweet: Any, user: User | AnonymousUser, *, takes_focus: bool = False, is_single: bool = False) -> SafeString:
    """The HTML of one of `tweets.selectors.cards`, or of a `Card`; nothing of one that was deleted meanwhile.

    `takes_focus`: it is the first of those that htmx adds to a page.
    """
    if isinstance(tweet, Card):
        return SafeString(listed([tweet], user, takes_focus=takes_focus))  # nosec B703 # of parts that are escaped already
    frame, created = _frame(_content(tweet, is_single)), tweet.created_at.timestamp()
    has_menu = is_single or tweet.author_id == user.pk
    return SafeString("".join(_parts(tweet, frame, user, created, time.time(), has_menu, takes_focus)))  # nosec B703 # as above


def listed(page: Sequence[Card], user: User | AnonymousUser, *, takes_focus: bool = False) -> str:
    """The HTML of cards that were read together; those deleted meanwhile are left out.

    `takes_focus`: the first one does, since htmx adds it to a page.
    """
    frames = bodies(page[0].group, Kind.HTML, _list_frame) if page else {}
    now, viewer_id = time.time(), user.pk
    made: list[str] = []
    for each in page:
        if frame := frames.get(each.pk):
            is_own = each.author_id == viewer_id
            made += _parts(each, frame, user, each.created, now, is_own, takes_focus and not made)
    return "".join(made)


def _parts(
    tweet: Any,
    frame: tuple[str, ...],
    user: User | AnonymousUser,
    created: float,
    now: float,
    has_menu: bool,
    takes_focus: bool,
) -> tuple[str, ...]:
    before_focus, before_line, before_age, before_buttons, end = frame
    return (
        before_focus,
        ' tabindex="-1" autofocus' if takes_focus else "",
        before_line,
        _retweeters(tweet, user),
        before_age,
        age(created, now),
        before_buttons,
        buttons.row(tweet, is_member=user.is_authenticated, has_menu=has_menu),
        end,
    )


def _content(tweet: Any, is_single: bool) -> Content:
    author: User = tweet.author
    return Content(
        pk=tweet.pk,
        author=Writer(author.pk, author.username, author.display_name, author.avatar.name or ""),
        text=tweet.text,
        known_mentions=tuple(tweet.known_mentions),
        created_at=tweet.created_at,
        edited_at=tweet.edited_at,
        is_reply=tweet.is_reply,
        reply_to_id=tweet.reply_to_id,
        replied_to=tweet.replied_to,
        quote_of_id=tweet.quote_of_id,
        quote=orjson.dumps(tweet.quote),
        pictures=orjson.dumps(tweet.pictures),
        is_single=is_single,
        retweet_count=tweet.counts.retweet_count if is_single else 0,
        quote_count=tweet.counts.quote_count if is_single else 0,
    )


def _list_frame(tweet: Tweet) -> tuple[str, ...]:
    return _rendered(_content(tweet, is_single=False))


@lru_cache(KEPT)
def _frame(content: Content) -> tuple[str, ...]:
    return _rendered(content)


def _rendered(content: Content) -> tuple[str, ...]:
    """What stands between the holes: focus, who retweeted it, its age, the buttons."""
    context = {
        "tweet": content,
        "hole": _HOLE,
        "pictures": orjson.loads(content.pictures),
        "quote": orjson.loads(content.quote),
    }
    parts = tuple(get_template("timelines/_card.html").render(context).split(_HOLE))
    if len(parts) != _HOLES + 1:
        raise ValueError(f"a card has {_HOLES} holes, this one has {len(parts) - 1}: see timelines/_card.html")
    return parts


def _retweeters(tweet: Any, user: User | AnonymousUser) -> str:
    retweets = getattr(tweet, "retweets", None)
    if not retweets:
        return ""
    context = {"first": retweets[0], "others": len(retweets) - 1, "is_own": retweets[0].author_id == user.pk}
    return get_template("timelines/_retweeters.html").render(context)
