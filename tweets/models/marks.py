"""How people mark what others say."""

from django.db import models
from django.db.models.functions import Lower, Now

from accounts.models import ONE_LINE, User
from socialgraph.counts import Change, Counter, ledger_triggers
from socialgraph.snowflake import SnowflakeField
from tweets.models.posts import Tweet


class Mark(models.Model):
    """What one user does once to one tweet."""

    id = SnowflakeField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    tweet = models.ForeignKey(Tweet, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} of {self.tweet_id} by {self.user_id}"


class Like(Mark):
    class Meta:
        db_table = "likes"
        constraints = [models.UniqueConstraint(fields=["user", "tweet"], name="likes_unique")]
        indexes = [
            models.Index(fields=["user", "-id"], name="likes_user"),
            models.Index(fields=["tweet", "-id"], name="likes_tweet"),
        ]
        triggers = ledger_triggers(
            "likes_counts",
            [Change("like_count", "r.tweet_id")],
            truncate="DELETE FROM count_deltas WHERE counter = 'like_count'; UPDATE tweet_counts SET like_count = 0;",
        )


class BookmarkFolder(models.Model):
    NAME_LENGTH = 40
    id = SnowflakeField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=NAME_LENGTH, validators=[ONE_LINE])
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "bookmark_folders"
        constraints = [
            models.UniqueConstraint(
                "user", Lower("name"), name="bookmark_folders_unique", violation_error_message="You have such a folder."
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="bookmark_folders_named"),
        ]

    def __str__(self) -> str:
        """Without the name, which is its owner's alone: this goes into logs and the admin."""
        return f"folder {self.pk} of {self.user_id}"


class Bookmark(Mark):
    folder = models.ForeignKey(
        BookmarkFolder, models.SET_NULL, null=True, blank=True, related_name="bookmarks", db_index=False
    )

    class Meta:
        db_table = "bookmarks"
        constraints = [models.UniqueConstraint(fields=["user", "tweet"], name="bookmarks_unique")]
        indexes = [
            models.Index(fields=["user", "-id"], name="bookmarks_user"),
            models.Index(fields=["tweet"], name="bookmarks_tweet"),
            models.Index(fields=["folder", "-id"], name="bookmarks_folder", condition=models.Q(folder__isnull=False)),
        ]
        triggers = ledger_triggers(
            "bookmarks_counts",
            [Change("bookmark_count", "r.tweet_id")],
            truncate="DELETE FROM count_deltas WHERE counter = 'bookmark_count';"
            " UPDATE tweet_counts SET bookmark_count = 0;",
        )


MARK_COUNTERS = [
    Counter("like_count", "tweet_counts", "tweet_id", "SELECT tweet_id, count(*) FROM likes GROUP BY 1"),
    Counter("bookmark_count", "tweet_counts", "tweet_id", "SELECT tweet_id, count(*) FROM bookmarks GROUP BY 1"),
]
