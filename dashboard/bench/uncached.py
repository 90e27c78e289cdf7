"""Home as it would be read with none of the product's reading: what `bench caches` compares with."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session

from accounts.models import User
from dashboard.bench.statements import watched
from timelines.pull import pull_rows
from tweets.models import Bookmark, Like, Tweet, TweetCounts
from tweets.selectors import cards


def plain_home(readers: list[User], keys: list[str], places: list[int], *, is_each_alone: bool) -> dict[str, Any]:
    """The same first pages of home by the plain join, then their cards at once; or what each shows by itself."""
    cards_shown = 0
    with watched() as asked:
        for place in places:
            Session.objects.get(pk=keys[place])
            reader = User.objects.get(pk=readers[place].pk)
            shown = [row.shown for row in pull_rows(reader.pk, limit=settings.PAGE_SIZE)]
            cards_shown += len(shown)
            if is_each_alone:
                for tweet_id in shown:
                    _card_alone(reader, tweet_id)
            else:
                list(cards(reader).filter(pk__in=shown))
    return {
        "reads": len(places),
        "cards": round(cards_shown / len(places), 1),
        "statements": round(asked.calls / len(places), 2),
        "rows": round(asked.rows / len(places), 1),
        "postgresql_ms": round(asked.milliseconds / len(places), 2),
        "blocks": round(asked.blocks / len(places)),
    }


def _card_alone(reader: User, tweet_id: int) -> None:
    """As a model with relations is usually shown, one relation after the other."""
    tweet = Tweet.objects.get(pk=tweet_id)
    User.objects.get(pk=tweet.author_id)
    TweetCounts.objects.get(tweet_id=tweet_id)
    Like.objects.filter(user=reader, tweet_id=tweet_id).exists()
    Bookmark.objects.filter(user=reader, tweet_id=tweet_id).exists()
    Tweet.objects.filter(author=reader, retweet_of_id=tweet_id, deleted_at=None).exists()
