"""Reads for pages that show tweets: keyset pages of cards, each with a fixed number of queries."""

from dataclasses import dataclass

from accounts.models import User
from socialgraph.pagination import Page
from timelines.home import home_page
from tweets.models import Bookmark, Tweet
from tweets.selectors import cards


@dataclass(frozen=True)
class Asked:
    """Which part of a list: `limit` rows behind the row id `cursor`, or the first ones."""

    cursor: int | None
    limit: int


def user_timeline(author: User, viewer: User | None, asked: Asked) -> Page[Tweet]:
    """The author's own tweets, newest first; one query."""
    tweets = cards(viewer).filter(author=author).order_by("-id")
    if asked.cursor is not None:
        tweets = tweets.filter(id__lt=asked.cursor)
    return Page.of(list(tweets[: asked.limit + 1]), asked.limit)


def replies(tweet: Tweet, viewer: User | None, asked: Asked) -> Page[Tweet]:
    """Answers to the tweet, oldest first; one query."""
    answers = cards(viewer).filter(reply_to=tweet).order_by("id")
    if asked.cursor is not None:
        answers = answers.filter(id__gt=asked.cursor)
    return Page.of(list(answers[: asked.limit + 1]), asked.limit)


def bookmarked(viewer: User, asked: Asked) -> Page[Tweet]:
    """What the viewer saved, the latest first; two queries. The cursor is the bookmark's id, not the tweet's."""
    marks = Bookmark.objects.filter(user=viewer, tweet__deleted_at=None).order_by("-id")
    if asked.cursor is not None:
        marks = marks.filter(id__lt=asked.cursor)
    page = Page.of(list(marks[: asked.limit + 1]), asked.limit)
    found = cards(viewer).in_bulk([mark.tweet_id for mark in page.results])
    return Page([found[mark.tweet_id] for mark in page.results if mark.tweet_id in found], page.next)


def tweet_card(viewer: User | None, tweet_id: int) -> Tweet | None:
    """One tweet with all that its card shows; None when there is none or it was deleted; one query."""
    return cards(viewer).filter(pk=tweet_id).first()


def was_deleted(tweet_id: int) -> bool:
    """One query."""
    return Tweet.objects.filter(pk=tweet_id, deleted_at__isnull=False).exists()


def unseen_count(viewer: User, *, since: int, limit: int) -> int:
    """How many tweets of others, at most `limit`, stand on the home timeline above the id `since`.

    The viewer's own are left out: the page that posted them shows them already. As many queries as `home_page`.
    """
    page = home_page(viewer, limit=limit)
    return sum(tweet.pk > since and tweet.author_id != viewer.pk for tweet in page.results)
