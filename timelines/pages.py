"""Reads for pages that show tweets: keyset pages of cards, each with a fixed number of queries."""

from dataclasses import dataclass

from accounts.models import User
from socialgraph.pagination import Page, decode_cursor
from timelines.entries import Entry, authors_of, entry_of, fill, hydrate
from timelines.home import home_page
from timelines.selectors import author_entries
from timelines.store import MAX_ID
from tweets.cards import Card, cards_of
from tweets.models import Like, Tweet
from tweets.selectors import cards, is_author_seen_by, is_unmuted, may_see


@dataclass(frozen=True)
class Asked:
    """Which part of a list: `limit` rows behind the row id `cursor`, or the first ones."""

    cursor: int | None
    limit: int


def user_timeline(author: User, viewer: User | None, asked: Asked, *, replies: bool | None = None) -> Page[Card]:
    """What the author posted and retweeted, newest first; two queries. `replies`: only those, or all but those.

    Nothing for a viewer who may not see what the author posts; of retweets, each original is asked for itself.
    """
    below = MAX_ID if asked.cursor is None else asked.cursor

    def more(count: int) -> list[Entry] | None:
        nonlocal below
        if not below:
            return None
        found, below = author_entries(author, viewer, below=below, count=count, replies=replies)
        return found

    return hydrate(viewer, *fill(more, asked.limit))


def latest(limit: int) -> list[Tweet]:
    """The newest posts of everybody, without replies, as visitors see them; one query, a walk down the primary key."""
    return list(cards(None).filter(conversation=None).order_by("-id")[:limit])


def replies(tweet_id: int, viewer: User | None, asked: Asked) -> Page[Tweet]:
    """Answers to the tweet itself, oldest first; one query."""
    answers = cards(viewer).filter(reply_to_id=tweet_id).order_by("id")
    if asked.cursor is not None:
        answers = answers.filter(id__gt=asked.cursor)
    return Page.of(list(answers[: asked.limit + 1]), asked.limit)


def tagged(hashtag: str, viewer: User | None, asked: Asked) -> Page[Tweet]:
    """What carries the hashtag (as `tweets.text.parse` folds it), newest first; one query, by the index of hashtags."""
    tweets = cards(viewer).filter(is_unmuted(viewer), hashtags__contains=[hashtag]).order_by("-id")
    if asked.cursor is not None:
        tweets = tweets.filter(id__lt=asked.cursor)
    return Page.of(list(tweets[: asked.limit + 1]), asked.limit)


def retweets(tweet: Tweet, viewer: User | None, asked: Asked) -> Page[Tweet]:
    """The retweets of it, each with its `author`, newest first; one query, by the index of retweets."""
    found = Tweet.objects.filter(is_author_seen_by(viewer), retweet_of=tweet, deleted_at=None).order_by("-id")
    if asked.cursor is not None:
        found = found.filter(id__lt=asked.cursor)
    return Page.of(list(found.select_related("author")[: asked.limit + 1]), asked.limit)


def quotes(tweet: Tweet, viewer: User | None, asked: Asked) -> Page[Tweet]:
    """The posts that quote it, newest first; one query, by the index of quotes."""
    found = cards(viewer).filter(is_unmuted(viewer), quote_of=tweet).order_by("-id")
    if asked.cursor is not None:
        found = found.filter(id__lt=asked.cursor)
    return Page.of(list(found[: asked.limit + 1]), asked.limit)


def liked(viewer: User, asked: Asked) -> Page[Card]:
    """What the viewer liked, the latest first; two queries. The cursor is the like's id, not the tweet's."""
    likes = Like.objects.filter(user=viewer, tweet__deleted_at=None).order_by("-id")
    if asked.cursor is not None:
        likes = likes.filter(id__lt=asked.cursor)
    page = Page.of(list(likes[: asked.limit + 1]), asked.limit)
    found = cards_of(viewer, [like.tweet_id for like in page.results])
    return Page([found[like.tweet_id] for like in page.results if like.tweet_id in found], page.next)


def tweet_card(viewer: User | None, tweet_id: int) -> Tweet | None:
    """One tweet with all that its card shows; None when there is none or it was deleted; one query."""
    return cards(viewer).filter(pk=tweet_id).first()


def was_deleted(tweet_id: int, viewer: User | None) -> bool:
    """Whether it is a deleted tweet of somebody whose tweets the viewer may see. One query."""
    return Tweet.objects.filter(is_author_seen_by(viewer), pk=tweet_id, deleted_at__isnull=False).exists()


def retweeted_by(tweet_id: int, viewer: User | None) -> int | None:
    """The id of what the retweet with this id shows; None when it is no retweet, or the viewer may not see either.

    One query, and one more for a retweet.
    """
    rows = Tweet.objects.filter(is_author_seen_by(viewer), pk=tweet_id)
    original_id = rows.values_list("retweet_of_id", flat=True).first()
    return original_id if original_id is not None and may_see(viewer, original_id) else None


def unseen_count(viewer: User, *, since: int, limit: int) -> int:
    """How many posts, at most `limit`, came to the home timeline by others since the entry `since`.

    The viewer's own are left out: the page that posted them shows them already. The queries of `home_page`, and again
    for each page that own posts fill.
    """
    count, before = 0, None
    while count < limit:
        page = home_page(viewer, before=before, limit=limit)
        newer = [card for card in page.results if entry_of(card) > since]
        count += sum(any(author_id != viewer.pk for author_id in authors_of(card)) for card in newer)
        if len(newer) < limit:
            break
        before = decode_cursor(page.next)
        if before is None:
            break
    return min(count, limit)
