"""Reads of tweets, each with a fixed number of queries."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL

from accounts.models import User
from tweets.models import Bookmark, Like, Tweet

_MENTIONED_NAMES = "ARRAY(SELECT lower(u.username) FROM users u WHERE u.id = ANY(tweets.mentions))"


def cards(viewer: User | None) -> "QuerySet[Tweet]":
    """Tweets that are not deleted, with all that a card shows, in one query however many there are.

    Adds `author`, `counts`, `known_mentions` (lower-cased names of mentioned users), and the viewer's `liked` and
    `bookmarked`.
    """
    return (
        Tweet.objects.filter(deleted_at=None)
        .select_related("author", "counts")
        .annotate(
            known_mentions=RawSQL(_MENTIONED_NAMES, [], output_field=ArrayField(TextField())),
            liked=_marked(Like, viewer),
            bookmarked=_marked(Bookmark, viewer),
        )
    )


def _marked(kind: type[Like] | type[Bookmark], viewer: User | None) -> Exists | Value:
    if viewer is None:
        return Value(False, output_field=BooleanField())
    return Exists(kind.objects.filter(user=viewer, tweet=OuterRef("pk")))
