"""How a card shows times, counts, texts and faces."""

import datetime as dt
import time
from typing import Any

from django import template
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from timelines.views.own_changes import OwnChanges
from tweets.text import link

register = template.Library()

HUES = 6
"""Classes `hue-0` … that the style sheet has for faces without a picture."""


@register.filter
def linked(tweet: Any) -> SafeString:
    """The text as HTML, with links to those of its `known_mentions` and to its hashtags."""
    return link(
        tweet.text,
        tweet.known_mentions,
        mention_url=lambda name: reverse("profile", args=[name]),
        hashtag_url=lambda hashtag: reverse("tag", args=[hashtag]),
    )


@register.filter
def instant(moment: dt.datetime) -> str:
    """For `<time datetime>`: to the minute, in UTC."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ}"


def age(then: float, now: float | None = None) -> str:
    """How long ago in few letters: now, 3 m, 5 h, then the day, and the year when it is another one.

    In seconds since 1970, both.
    """
    seconds = int((now or time.time()) - then)
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{seconds // 60} m"
    if seconds < 24 * 3600:
        return f"{seconds // 3600} h"
    moment = dt.datetime.fromtimestamp(then, dt.UTC)
    day = f"{moment.day} {moment:%b}"
    return day if moment.year == dt.datetime.now(dt.UTC).year else f"{day} {moment.year}"


@register.filter
def short(count: int) -> str:
    """At most three digits: 999, 1.2K, 45K, 3.4M. Cut off and never rounded up, so that 999,999 is not yet 1M."""
    for unit, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")):
        if count >= 10 * unit:
            return f"{count // unit}{letter}"
        if count >= unit:
            tenths = count * 10 // unit
            return f"{tenths / 10:.1f}{letter}".replace(".0", "")
    return str(count)


@register.filter
def stored(name: str) -> str:
    """The address of a stored file."""
    return default_storage.url(name)


@register.filter
def initial(user: User) -> str:
    return (user.display_name.strip() or user.username)[0].upper()


@register.filter
def face(user: User) -> SafeString | str:
    """What stands in a `.face`: the picture, else the letter. Decoration, since the name is always beside it."""
    if user.avatar_url:
        return format_html('<img src="{}" alt="" loading="lazy">', user.avatar_url)
    return initial(user)


@register.filter
def hue(user: User) -> str:
    """A class that gives this user always the same colour."""
    return f"hue-{user.pk % HUES}"


@register.simple_tag(takes_context=True)
def own_numbers(context: Any) -> dict[str, int]:
    """The visitor's own counts, with the clicks of the last seconds in them."""
    user, own = context["user"], OwnChanges.of(context["request"])
    return {
        name: own.shown(name, user.pk, getattr(user, name))
        for name in ("tweet_count", "following_count", "follower_count")
    }
