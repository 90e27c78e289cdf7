"""The catalogue of access paths: every read that people wait for, its index, and the rows it may touch."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from accounts import selectors as people
from accounts.models import User
from accounts.search import people_found
from dashboard.plans import AccessPath
from socialgraph.bulk import analyze
from timelines import bookmarks, pages
from timelines import selectors as entries
from timelines.home import home_page
from timelines.pages import Asked
from timelines.store import MAX_ID, Kind
from tweets import conversations
from tweets.cards import cards_of
from tweets.models import BookmarkFolder, Tweet
from tweets.search.find import Order, found
from tweets.search.query import parse
from tweets.selectors import ancestors

PAGE = 20
FOLDERS = 5
_FIRST = Asked(None, PAGE)


@dataclass(frozen=True)
class Sample:
    """Whom and what the reads are about, in a database that the generators have filled."""

    viewer: User
    """Follows some twenty people, and has bookmarks in folders."""
    author: User
    """Has written most."""
    star: User
    """Has most followers."""
    popular: Tweet
    """Most liked, retweeted and quoted."""
    root: Tweet
    """Of the longest conversation."""
    deep: Tweet
    """A reply in it, to a reply."""
    folder: BookmarkFolder
    hashtags: tuple[str, str]
    """(the most used, a seldom used one)"""
    newest: tuple[int, ...]
    """Of all."""


def prepare() -> Sample:
    """Adds what generators leave out: bookmarks of a thousand people, retweets and quotes of the most liked tweet."""
    viewer = User.objects.filter(following_count__range=(15, 30)).order_by("pk")[0]
    popular = Tweet.objects.filter(conversation=None).order_by("-counts__like_count", "pk")[0]
    root_id = _one(
        "SELECT conversation_id FROM tweets WHERE conversation_id > 0 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    tags = "SELECT tag FROM (SELECT unnest(hashtags) AS tag FROM tweets) t GROUP BY 1 ORDER BY count(*) {}, 1 LIMIT 1"
    folders = BookmarkFolder.objects.bulk_create(BookmarkFolder(user=viewer, name=f"F {n}") for n in range(FOLDERS))
    _add(viewer, popular, folders[0])
    deep = Tweet.objects.filter(conversation=int(root_id)).order_by("-thread_path")[0]
    return Sample(
        viewer=viewer,
        author=User.objects.order_by("-tweet_count", "pk")[0],
        star=User.objects.order_by("-follower_count", "pk")[0],
        popular=popular,
        root=Tweet.objects.get(pk=root_id),
        deep=deep,
        folder=folders[0],
        hashtags=(_one(tags.format("DESC")), _one(tags.format("ASC"))),
        newest=tuple(Tweet.objects.filter(retweet_of=None).order_by("-pk").values_list("pk", flat=True)[:PAGE]),
    )


def _one(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def _add(viewer: User, popular: Tweet, folder: BookmarkFolder) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bookmarks (user_id, tweet_id)"
            " SELECT u.id, t.id FROM (SELECT id FROM users ORDER BY id LIMIT 1000) u"
            " CROSS JOIN (SELECT id FROM tweets WHERE id <> %s ORDER BY id DESC LIMIT 40) t ON CONFLICT DO NOTHING",
            [popular.pk],
        )
        cursor.execute(
            "INSERT INTO bookmarks (user_id, tweet_id, folder_id) SELECT %s, id, CASE WHEN id %% 3 = 0 THEN %s END"
            " FROM tweets ORDER BY id LIMIT 2000 ON CONFLICT DO NOTHING",
            [viewer.pk, folder.pk],
        )
        cursor.execute(
            "INSERT INTO tweets (author_id, text, retweet_of_id)"
            " SELECT id, '', %(tweet)s FROM users ORDER BY id DESC LIMIT 2000",
            {"tweet": popular.pk},
        )
        cursor.execute(
            "INSERT INTO tweets (author_id, text, quote_of_id)"
            " SELECT id, 'What they say.', %(tweet)s FROM users ORDER BY id DESC LIMIT 2000",
            {"tweet": popular.pk},
        )
        analyze(cursor, "bookmarks", "bookmark_folders", "tweets", "tweet_counts")


def _path(
    name: str,
    read: Callable[[Sample], object],
    index: str,
    rows: int | Callable[[Sample], int],
    *,
    statement: int = 0,
    is_function: bool = False,
) -> AccessPath[Sample]:
    most = (lambda sample: rows) if isinstance(rows, int) else rows
    return AccessPath(name, read, index, most, statement, is_function)


def _sources(sample: Sample) -> int:
    """Whose posts make the viewer's home."""
    return sample.viewer.following_count + 1


CARD = 8
"""Rows that one card may take: the tweet, its author, its counts, the viewer's marks, whom it answers and quotes."""

PATHS = [
    _path("a user by id", lambda s: User.objects.get(pk=s.viewer.pk), "users_pkey", 1),
    _path("a user by name", lambda s: people.user_named(s.viewer.username.upper()), "users_username_unique", 1),
    _path(
        "names that begin so",
        lambda s: people.people_starting_with(s.viewer.username[:4], s.viewer, limit=8),
        "users_username_prefix",
        2 * 8,
    ),
    _path(
        "people, by how names begin",
        lambda s: people_found(s.viewer.username[:4], s.viewer, limit=8),
        "users_username_prefix",
        lambda s: 4 * 8 + 3 * s.viewer.following_count,
    ),
    _path(
        "people, by a part of their names",
        lambda s: people_found(s.star.username[3:], s.viewer, limit=8),
        "users_trigrams",
        4_000,
        statement=1,
    ),
    _path(
        "people, by a word of their names",
        lambda s: people_found(s.star.username, s.viewer, limit=8),
        "users_words",
        4_000,
        statement=1,
    ),
    _path(
        "people, by something like their names",
        lambda s: people_found(f"{s.star.username}x", s.viewer, limit=8),
        "users_trigrams",
        4_000,
        statement=2,
    ),
    _path("how two stand", lambda s: people.relationship(s.viewer, s.star), "follows_unique", 4),
    _path(
        "followers",
        lambda s: people.followers(s.star, s.viewer, cursor=None, limit=PAGE),
        "follows_followers",
        3 * (PAGE + 1),
    ),
    _path(
        "followees",
        lambda s: people.followees(s.viewer, s.star, cursor=None, limit=PAGE),
        "follows_following",
        3 * (PAGE + 1),
    ),
    _path(
        "a batch of followers to deliver to",
        lambda s: next(people.follower_batches(s.star.pk, 0, None, 1_000)),
        "follows_followers",
        1_000,
    ),
    _path(
        "where a large audience is cut",
        lambda s: next(people.follow_ranges(s.star.pk, 10_000)),
        "follows_followers",
        lambda s: 10_000,
    ),
    _path("home, warm", lambda s: home_page(s.viewer, limit=PAGE), "tweets_pkey", lambda s: (PAGE + 6) * 14 + 2_000),
    _path(
        "home, below what Redis holds",
        lambda s: entries.followed_ids(s.viewer.pk, MAX_ID, PAGE),
        "tweets_author",
        lambda s: _sources(s) * (PAGE + 1),
    ),
    _path(
        "home, built anew",
        lambda s: entries.home_snapshot(s.viewer.pk, Kind.HOME.length),
        "tweets_author",
        lambda s: _sources(s) * (Kind.HOME.length + 1),
    ),
    _path(
        "an author's own list",
        lambda s: entries.author_ids(s.author.pk, Kind.AUTHOR.length),
        "tweets_author",
        Kind.AUTHOR.length,
    ),
    _path("a profile", lambda s: pages.user_timeline(s.author, s.viewer, _FIRST), "tweets_author", (PAGE + 1) * CARD),
    _path("likes", lambda s: pages.liked(s.viewer, Asked(2**62, PAGE)), "likes_user", 3 * (PAGE + 1)),
    _path("cards, and what of them is liked", lambda s: cards_of(s.viewer, s.newest), "likes_unique", PAGE * CARD),
    _path(
        "bookmarks",
        lambda s: bookmarks.bookmarked(s.viewer, _FIRST),
        "bookmarks_user",
        2 * settings.BOOKMARKS_STEP + (PAGE + 1) * 3,
    ),
    _path(
        "bookmarks of a folder",
        lambda s: bookmarks.bookmarked(s.viewer, _FIRST, bookmarks.Wanted(folder=s.folder.pk)),
        "bookmarks_folder",
        2 * settings.BOOKMARKS_STEP + (PAGE + 1) * 3,
    ),
    _path(
        "a conversation",
        lambda s: conversations.below(s.root, s.viewer, after=None, limit=settings.THREAD_PAGE),
        "tweets_thread",
        3 * settings.THREAD_PAGE,
    ),
    _path("answers", lambda s: pages.replies(s.root.pk, s.viewer, _FIRST), "tweets_replies", (PAGE + 1) * CARD),
    _path(
        "what a post answers",
        lambda s: ancestors(s.deep, limit=settings.THREAD_ABOVE),
        "tweets_pkey",
        settings.THREAD_ABOVE,
    ),
    _path("retweets", lambda s: pages.retweets(s.popular, s.viewer, _FIRST), "tweets_retweets", (PAGE + 1) * CARD),
    _path("quotes", lambda s: pages.quotes(s.popular, s.viewer, _FIRST), "tweets_quotes", (PAGE + 1) * CARD),
    _path(
        "a hashtag that few use",
        lambda s: pages.tagged(s.hashtags[1], s.viewer, _FIRST),
        "tweets_hashtags",
        2_000,
    ),
    _path(
        "search, the newest",
        lambda s: found(parse("morning"), s.viewer, order=Order.RECENT, cursor=None, limit=PAGE),
        "tweets_pkey",
        2 * settings.SEARCH_WALK,
        statement=1,
    ),
    _path(
        "search, a rare word",
        lambda s: found(parse(f"@{s.author.username}"), s.viewer, order=Order.RECENT, cursor=None, limit=PAGE),
        "tweets_search",
        4 * settings.SEARCH_MATCHES,
        statement=1,
        is_function=True,
    ),
    _path(
        "search, answers to somebody",
        lambda s: found(parse(f"to:{s.author.username}"), s.viewer, order=Order.RECENT, cursor=None, limit=PAGE),
        "tweets_replies",
        settings.SEARCH_MATCHES,
        statement=1,
        is_function=True,
    ),
]
