"""The buttons below a card, as HTML. No templates: a page has hundreds of them, and they differ by their reader."""

from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from timelines.templatetags.cards import short
from tweets.models import Tweet


def row(tweet: Any, *, is_member: bool, has_menu: bool) -> SafeString:
    """All of them, for one of `tweets.selectors.cards` or a `Card`."""
    page = tweet.get_absolute_url()
    return SafeString(  # nosec B703 # as below
        replies_link(tweet, is_member=is_member, page=page)
        + retweet_link(tweet, retweeted=tweet.retweeted, page=page)
        + like_button(tweet, liked=tweet.liked, page=page)
        + bookmark_button(tweet, bookmarked=tweet.bookmarked, page=page)
        + (f'<a class="to-menu" href="{page}menu/" aria-label="More"></a>' if has_menu else "")
    )


def replies_link(tweet: Tweet, *, is_member: bool, page: str = "") -> SafeString:
    """To the replies; a member's to the field for one."""
    replies, part = tweet.counts.reply_count, "id_text" if is_member else "replies"
    address = f"{page or tweet.get_absolute_url()}#{part}"
    return _html(f'<a class="reply" href="{address}" aria-label="Replies, {replies}">{_count(replies)}</a>')


def retweet_link(tweet: Tweet, *, retweeted: bool, page: str = "") -> SafeString:
    """To the menu with retweet and quote."""
    name = f"{'Retweeted by you' if retweeted else 'Retweet'}, {tweet.counts.retweet_count}"
    address = f"{page or tweet.get_absolute_url()}retweet/"
    count = _count(tweet.counts.retweet_count)
    return _html(f'<a class="rt{" on" if retweeted else ""}" href="{address}" aria-label="{name}">{count}</a>')


def like_button(tweet: Tweet, *, liked: bool, page: str = "") -> SafeString:
    likes = tweet.counts.like_count
    return _html(
        _toggle(page or tweet.get_absolute_url(), "like", "like", f"Like, {likes}", is_on=liked, inside=_count(likes))
    )


def bookmark_button(tweet: Tweet, *, bookmarked: bool, page: str = "") -> SafeString:
    return _html(_toggle(page or tweet.get_absolute_url(), "bookmark", "save", "Bookmark", is_on=bookmarked))


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


def _toggle(page: str, verb: str, style: str, name: str, *, is_on: bool, inside: str = "") -> str:
    address = f"{page}{'un' if is_on else ''}{verb}/"
    pressed = "true" if is_on else "false"
    return (
        f'<button form="act" class="{style}" aria-pressed="{pressed}" aria-label="{name}"'
        f' formaction="{address}">{inside}</button>'
    )


def _count(count: int) -> str:
    return f"<span>{short(count)}</span>" if count else ""
