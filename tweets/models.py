"""What people say and how others mark it."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Length, Now
from django.urls import reverse

from accounts.models import User
from socialgraph.counts import Change, Counter, ledger_triggers, transition_tables
from socialgraph.snowflake import SnowflakeField

models.TextField.register_lookup(Length, "char_length")

ALIVE = "r.deleted_at IS NULL"


class Tweet(models.Model):
    """A post, a reply (`reply_to`), a retweet (`retweet_of`, no text) or a quote (`quote_of`)."""

    id = SnowflakeField(primary_key=True)
    author = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    conversation = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    """The root of the thread; null on the root itself."""
    retweet_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    quote_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    hashtags = ArrayField(models.TextField(), default=list, db_default=[], blank=True)
    mentions = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    media_count = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    """Rows of `media`, so that a text may be empty beside an image and nobody looks for images where there are none."""
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "tweets"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(text__char_length__range=(1, settings.TWEET_TEXT_MAX))
                | models.Q(text="", retweet_of__isnull=False)
                | models.Q(text="", media_count__gt=0),
                name="tweets_text_length",
            ),
            models.CheckConstraint(
                condition=models.Q(retweet_of=None) | models.Q(text="", reply_to=None, quote_of=None, media_count=0),
                name="tweets_retweet_is_bare",
            ),
            models.UniqueConstraint(
                fields=["author", "retweet_of"],
                condition=models.Q(retweet_of__isnull=False, deleted_at=None),
                name="tweets_retweet_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["author", "-id"], include=["deleted_at"], name="tweets_author"),
            models.Index(fields=["reply_to", "id"], name="tweets_replies", condition=models.Q(reply_to__isnull=False)),
            models.Index(
                fields=["conversation", "id"],
                name="tweets_conversation",
                condition=models.Q(conversation__isnull=False),
            ),
            models.Index(
                fields=["retweet_of", "id"], name="tweets_retweets", condition=models.Q(retweet_of__isnull=False)
            ),
            models.Index(fields=["quote_of", "id"], name="tweets_quotes", condition=models.Q(quote_of__isnull=False)),
            GinIndex(fields=["hashtags"], name="tweets_hashtags"),
            GinIndex(fields=["mentions"], name="tweets_mentions"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="tweets_counts_row",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=transition_tables(new="new_rows"),
                func="INSERT INTO tweet_counts (tweet_id) SELECT id FROM new_rows; RETURN NULL;",
            ),
            *ledger_triggers(
                "tweets_counts",
                [
                    Change("tweet_count", "r.author_id", ALIVE),
                    Change("reply_count", "r.reply_to_id", ALIVE),
                    Change("retweet_count", "r.retweet_of_id", ALIVE),
                    Change("quote_count", "r.quote_of_id", ALIVE),
                ],
                truncate="DELETE FROM count_deltas"
                " WHERE counter IN ('tweet_count', 'reply_count', 'retweet_count', 'quote_count');"
                " UPDATE users SET tweet_count = 0 WHERE tweet_count > 0;"
                " UPDATE tweet_counts SET reply_count = 0, retweet_count = 0, quote_count = 0;",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    def get_absolute_url(self) -> str:
        return reverse("tweet", args=[self.pk])


class Media(models.Model):
    """An image of a tweet. Its file is named by its content, so several rows may share one."""

    ALT_MAX = 1_000
    id = SnowflakeField(primary_key=True)
    tweet = models.ForeignKey(Tweet, models.CASCADE, related_name="media", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)
    file = models.ImageField(upload_to="media/")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.TextField(blank=True, default="", db_default="", max_length=ALT_MAX)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "media"
        verbose_name_plural = "media"
        constraints = [
            models.UniqueConstraint(fields=["tweet", "position"], name="media_unique"),
            models.CheckConstraint(condition=models.Q(alt__char_length__lte=1_000), name="media_alt_length"),
            models.CheckConstraint(condition=models.Q(width__gt=0, height__gt=0), name="media_has_a_size"),
        ]

    def __str__(self) -> str:
        return self.alt[:40] or str(self.file)


class TweetCounts(models.Model):
    """Counts of a tweet, apart from it, so a like never rewrites the tweet. A trigger makes the row."""

    tweet = models.OneToOneField(Tweet, models.CASCADE, primary_key=True, related_name="counts")
    like_count = models.PositiveIntegerField(default=0, db_default=0)
    retweet_count = models.PositiveIntegerField(default=0, db_default=0)
    quote_count = models.PositiveIntegerField(default=0, db_default=0)
    reply_count = models.PositiveIntegerField(default=0, db_default=0)
    bookmark_count = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "tweet_counts"
        verbose_name = verbose_name_plural = "counts of tweets"

    def __str__(self) -> str:
        return f"counts of {self.tweet_id}"


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


class Bookmark(Mark):
    class Meta:
        db_table = "bookmarks"
        constraints = [models.UniqueConstraint(fields=["user", "tweet"], name="bookmarks_unique")]
        indexes = [
            models.Index(fields=["user", "-id"], name="bookmarks_user"),
            models.Index(fields=["tweet"], name="bookmarks_tweet"),
        ]
        triggers = ledger_triggers(
            "bookmarks_counts",
            [Change("bookmark_count", "r.tweet_id")],
            truncate="DELETE FROM count_deltas WHERE counter = 'bookmark_count';"
            " UPDATE tweet_counts SET bookmark_count = 0;",
        )


class PostKey(models.Model):
    """The Idempotency-Key under which a tweet was posted, so that sending a form twice posts once."""

    KEY_LENGTH = 64
    author = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)
    tweet = models.ForeignKey(Tweet, models.CASCADE, related_name="postkeys", related_query_name="postkey")
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        db_table = "post_keys"
        constraints = [models.UniqueConstraint(fields=["author", "key"], name="post_keys_unique")]

    def __str__(self) -> str:
        return self.key


COUNTERS = [
    Counter("tweet_count", "users", "id", "SELECT author_id, count(*) FROM tweets WHERE deleted_at IS NULL GROUP BY 1"),
    *(
        Counter(
            f"{name}_count",
            "tweet_counts",
            "tweet_id",
            f"SELECT {column}, count(*) FROM tweets WHERE deleted_at IS NULL AND {column} IS NOT NULL GROUP BY 1",  # nosec B608 # made of constants
        )
        for name, column in (("reply", "reply_to_id"), ("retweet", "retweet_of_id"), ("quote", "quote_of_id"))
    ),
    Counter("like_count", "tweet_counts", "tweet_id", "SELECT tweet_id, count(*) FROM likes GROUP BY 1"),
    Counter("bookmark_count", "tweet_counts", "tweet_id", "SELECT tweet_id, count(*) FROM bookmarks GROUP BY 1"),
]
