"""How people relate: one row for each fact, from which the states of `accounts.relationships` are derived."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.people import ONE_LINE, User
from socialgraph.counts import Change, Counter, ledger_triggers
from socialgraph.snowflake import SnowflakeField


class Relation(models.Model):
    """One person about another."""

    verb: str
    people: tuple[str, str]
    id = SnowflakeField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        first, second = self.people
        return f"{self._shown(first)} {self.verb} {self._shown(second)}"

    def _shown(self, name: str) -> object:
        """The person, or the id where that would take a query."""
        return self._state.fields_cache.get(name) or getattr(self, f"{name}_id")


class Follow(Relation):
    """`follower` reads what `followee` posts."""

    verb, people = "follows", ("follower", "followee")
    follower = models.ForeignKey(User, models.CASCADE, related_name="following_rows", db_index=False)
    followee = models.ForeignKey(User, models.CASCADE, related_name="follower_rows", db_index=False)

    class Meta:
        db_table = "follows"
        constraints = [
            models.UniqueConstraint(fields=["follower", "followee"], name="follows_unique"),
            models.CheckConstraint(
                condition=~models.Q(follower=models.F("followee")),
                name="follows_not_self",
                violation_error_message="You cannot follow yourself.",
            ),
        ]
        indexes = [
            models.Index(fields=["followee", "-id"], include=["follower"], name="follows_followers"),
            models.Index(fields=["follower", "-id"], include=["followee"], name="follows_following"),
        ]
        triggers = ledger_triggers(
            "follows_counts",
            [Change("follower_count", "r.followee_id"), Change("following_count", "r.follower_id")],
            truncate="DELETE FROM count_deltas WHERE counter IN ('follower_count', 'following_count');"
            " UPDATE users SET follower_count = 0, following_count = 0 WHERE follower_count + following_count > 0;",
        )


class FollowRequest(Relation):
    """`follower` asks to read what the protected `followee` posts, and reads nothing until that is approved."""

    verb, people = "asks to follow", ("follower", "followee")
    follower = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    followee = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        db_table = "follow_requests"
        constraints = [
            models.UniqueConstraint(fields=["follower", "followee"], name="follow_requests_unique"),
            models.CheckConstraint(
                condition=~models.Q(follower=models.F("followee")),
                name="follow_requests_not_self",
                violation_error_message="You cannot ask yourself.",
            ),
        ]
        indexes = [
            models.Index(fields=["followee", "-id"], name="follow_requests_received"),
            models.Index(fields=["follower", "-id"], name="follow_requests_sent"),
        ]


class Block(Relation):
    """Neither of the two sees, follows or answers the other, whoever of them blocked."""

    verb, people = "blocks", ("blocker", "blocked")
    blocker = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    blocked = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        db_table = "blocks"
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="blocks_unique"),
            models.CheckConstraint(
                condition=~models.Q(blocker=models.F("blocked")),
                name="blocks_not_self",
                violation_error_message="You cannot block yourself.",
            ),
        ]
        indexes = [
            models.Index(fields=["blocker", "-id"], name="blocks_made"),
            models.Index(fields=["blocked"], name="blocks_met"),
        ]


class Mute(Relation):
    """`muter` does not want to read `muted`, who is not told; until `expires_at`, or for good."""

    verb, people = "mutes", ("muter", "muted")
    muter = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    muted = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "mutes"
        constraints = [
            models.UniqueConstraint(fields=["muter", "muted"], name="mutes_unique"),
            models.CheckConstraint(
                condition=~models.Q(muter=models.F("muted")),
                name="mutes_not_self",
                violation_error_message="You cannot mute yourself.",
            ),
        ]
        indexes = [
            models.Index(fields=["muter", "-id"], name="mutes_made"),
            models.Index(fields=["muted"], name="mutes_met"),
        ]


class MutedWord(models.Model):
    """A word, phrase or #hashtag whose posts `user` does not want to read, as `tweets.muting` folds it."""

    LENGTH = 100
    id = SnowflakeField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    word = models.CharField(max_length=LENGTH, validators=[ONE_LINE])
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "muted_words"
        constraints = [
            models.UniqueConstraint(fields=["user", "word"], name="muted_words_unique"),
            models.CheckConstraint(condition=~models.Q(word=""), name="muted_words_given"),
        ]

    def __str__(self) -> str:
        return self.word


COUNTERS = [
    Counter("follower_count", "users", "id", "SELECT followee_id, count(*) FROM follows GROUP BY 1"),
    Counter("following_count", "users", "id", "SELECT follower_id, count(*) FROM follows GROUP BY 1"),
]
