"""What people say."""

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
_ABOUT = (("reply", "reply_to_id"), ("retweet", "retweet_of_id"), ("quote", "quote_of_id"))


def _is_counted(column: str) -> str:
    """SQL over a tweet `r`: whether what it refers to by `column` counts it.

    Numbers are shown to everybody, so what a protected author says to others is in none of them.
    """
    own = f"r.author_id = (SELECT p.author_id FROM tweets p WHERE p.id = r.{column})"  # nosec B608 # made of constants
    return f"{ALIVE} AND (NOT r.is_protected OR {own})"


class Tweet(models.Model):
    """A post, a reply (`reply_to`), a retweet (`retweet_of`, no text) or a quote (`quote_of`)."""

    id = SnowflakeField(primary_key=True)
    author = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    conversation = models.ForeignKey(
        *("self", models.DO_NOTHING), null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    """The root of the thread; null on the root itself. It names the thread also when the root has been erased."""
    thread_path = models.BinaryField(null=True, blank=True, editable=False)
    """Of a reply: the ids from below the root to itself, 8 bytes each, so that bytes sort as the tree reads.

    At most THREAD_LEVELS of them: what is deeper stands, oldest first, below the last level.
    """
    retweet_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    quote_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    hashtags = ArrayField(models.TextField(), default=list, db_default=[], blank=True)
    mentions = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    media_count = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    """Rows of `media`, so that a text may be empty beside an image and nobody looks for images where there are none."""
    is_protected = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether its author is protected, for the counts alone: who may see it is asked of the author."""
    version = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    """How many texts it has had; the earlier ones are in `tweets_history`."""
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
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
            models.CheckConstraint(
                condition=models.Q(conversation=None, thread_path=None)
                | models.Q(conversation__isnull=False, thread_path__isnull=False),
                name="tweets_replies_have_a_path",
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
                fields=["conversation", "thread_path"],
                name="tweets_thread",
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
                    *(Change(f"{name}_count", f"r.{column}", _is_counted(column)) for name, column in _ABOUT),
                ],
                truncate="DELETE FROM count_deltas"
                " WHERE counter IN ('tweet_count', 'reply_count', 'retweet_count', 'quote_count');"
                " UPDATE users SET tweet_count = 0 WHERE tweet_count > 0;"
                " UPDATE tweet_counts SET reply_count = 0, retweet_count = 0, quote_count = 0;",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def is_reply(self) -> bool:
        """Also when what it answered has been erased."""
        return self.conversation_id is not None

    def get_absolute_url(self) -> str:
        return reverse("tweet", args=[self.pk])


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


class TweetVersion(models.Model):
    """An earlier text of an edited tweet; the current one is in `tweets` alone."""

    id = SnowflakeField(primary_key=True)
    tweet = models.ForeignKey(Tweet, models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    media = models.JSONField(default=list, db_default=[])
    """The images it had: name, width, height and alt of each."""
    created_at = models.DateTimeField()
    """When this text was posted."""

    class Meta:
        db_table = "tweets_history"
        constraints = [models.UniqueConstraint(fields=["tweet", "version"], name="tweets_history_unique")]
        indexes = [
            # For the question whether an earlier version still shows a file.
            GinIndex(name="tweets_history_media", fields=["media"], opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return f"version {self.version} of {self.tweet_id}"


class Draft(models.Model):
    """A post in its undo-send window: the tweet is inserted when `due_at` has come."""

    id = SnowflakeField(primary_key=True)
    author = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    reply_to = models.ForeignKey(Tweet, models.SET_NULL, null=True, related_name="+", db_index=False)
    quote_of = models.ForeignKey(Tweet, models.SET_NULL, null=True, related_name="+", db_index=False)
    media_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    key = models.CharField(max_length=64, blank=True, default="", db_default="")
    due_at = models.DateTimeField(null=True)
    """Null: it could not be posted, for the reason in `refusal`, and waits for its author."""
    refusal = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "drafts"
        indexes = [
            models.Index(fields=["due_at"], name="drafts_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["author", "-id"], name="drafts_author"),
            models.Index(fields=["reply_to"], name="drafts_replies", condition=models.Q(reply_to__isnull=False)),
            models.Index(fields=["quote_of"], name="drafts_quotes", condition=models.Q(quote_of__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.text[:40]


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


POST_COUNTERS = [
    Counter("tweet_count", "users", "id", "SELECT author_id, count(*) FROM tweets WHERE deleted_at IS NULL GROUP BY 1"),
    *(
        Counter(
            f"{name}_count",
            "tweet_counts",
            "tweet_id",
            f"SELECT r.{column}, count(*) FROM tweets r"  # nosec B608 # made of constants
            f" WHERE r.{column} IS NOT NULL AND {_is_counted(column)} GROUP BY 1",
        )
        for name, column in _ABOUT
    ),
]
