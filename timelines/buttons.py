"""The buttons below a card, as HTML. No templates: a page has hundreds of them, and they differ by their reader."""

from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from timelines.templatetags.cards import short
from tweets.models import Tweet


def row(tweet: Any, *, is_member: bool, has_menu: bool) -> str:
    """All of them, for one of `tweets.selectors.cards` or a `Card`."""
    counts = tweet.counts
    return _row(
        tweet.get_absolute_url(),
        *(counts.reply_count, counts.retweet_count, counts.like_count),
        *(tweet.retweeted, tweet.liked, tweet.bookmarked),
        is_member,
        has_menu,
    )


@lru_cache(5_000)
def _row(
    page: str,
    replies: int,
    retweets: int,
    likes: int,
    retweeted: bool,
    liked: bool,
    bookmarked: bool,
    is_member: bool,
    has_menu: bool,
) -> str:
    menu = f'<a class="to-menu" href="{page}menu/" aria-label="More"></a>' if has_menu else ""
    return (
        _replies(page, replies, is_member=is_member)
        + _retweet(page, retweets, is_on=retweeted)
        + _like(page, likes, is_on=liked)
        + _bookmark(page, is_on=bookmarked)
        + menu
    )


def replies_link(tweet: Tweet, *, is_member: bool) -> SafeString:
    """To the replies; a member's to the field for one."""
    return _html(_replies(tweet.get_absolute_url(), tweet.counts.reply_count, is_member=is_member))


def retweet_link(tweet: Tweet, *, retweeted: bool) -> SafeString:
    """To the menu with retweet and quote."""
    return _html(_retweet(tweet.get_absolute_url(), tweet.counts.retweet_count, is_on=retweeted))


def like_button(tweet: Tweet, *, liked: bool) -> SafeString:
    return _html(_like(tweet.get_absolute_url(), tweet.counts.like_count, is_on=liked))


def bookmark_button(tweet: Tweet, *, bookmarked: bool) -> SafeString:
    return _html(_bookmark(tweet.get_absolute_url(), is_on=bookmarked))


def place(tweet: Any, *, takes_focus: bool = False) -> SafeString:
    """Below a bookmark, for a tweet with its `folder`: where it is filed, and the link that moves it.

    The link's name goes on with the page's `#by` and the name of the card.
    """
    bookmarks, number = reverse("bookmarks"), tweet.pk
    address = f"{tweet.get_absolute_url()}bookmark/folder/"
    folder, words = "", "Move to a folder"
    if tweet.folder:
        name = escape(tweet.folder.name)
        folder, words = f'<span>In <a href="{bookmarks}?folder={tweet.folder.pk}"><bdi>{name}</bdi></a></span>', "Move"
    return _html(
        f'<p class="place">{folder}<a class="move" id="m{number}" href="{address}" hx-get="{address}"'
        f' hx-target="closest .place" hx-swap="outerHTML"{" autofocus" if takes_focus else ""}'
        f' aria-labelledby="m{number} by t{number}">{words}</a></p>'
    )


def _html(made: str) -> SafeString:
    """Of addresses, numbers and constants, and of nothing else that anybody wrote but what is escaped."""
    return SafeString(made)  # nosec B703


def _replies(page: str, count: int, *, is_member: bool) -> str:
    part = "id_text" if is_member else "replies"
    return f'<a class="reply" href="{page}#{part}" aria-label="Replies, {count}">{_count(count)}</a>'


def _retweet(page: str, count: int, *, is_on: bool) -> str:
    name = "Retweeted by you" if is_on else "Retweet"
    style = "rt on" if is_on else "rt"
    return f'<a class="{style}" href="{page}retweet/" aria-label="{name}, {count}">{_count(count)}</a>'


def _like(page: str, count: int, *, is_on: bool) -> str:
    return _toggle(page, "like", "like", f"Like, {count}", is_on=is_on, inside=_count(count))


def _bookmark(page: str, *, is_on: bool) -> str:
    return _toggle(page, "bookmark", "save", "Bookmark", is_on=is_on)


def _toggle(page: str, verb: str, style: str, name: str, *, is_on: bool, inside: str = "") -> str:
    address = f"{page}{'un' if is_on else ''}{verb}/"
    pressed = "true" if is_on else "false"
    return (
        f'<button form="act" class="{style}" aria-pressed="{pressed}" aria-label="{name}"'
        f' formaction="{address}">{inside}</button>'
    )


def _count(count: int) -> str:
    return f"<span>{short(count)}</span>" if count else ""
