"""What people report to the moderators."""

from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from socialgraph.snowflake import SnowflakeField
from tweets.models.posts import Tweet


class Reason(models.TextChoices):
    SPAM = "spam", "Spam or fraud"
    HARASSMENT = "harassment", "Harassment or threats"
    HATE = "hate", "Hate against a group of people"
    VIOLENCE = "violence", "Violence"
    SELF_HARM = "self_harm", "Self-harm"
    SEXUAL = "sexual", "Sexual content"
    PRIVACY = "privacy", "Private information"
    IMPERSONATION = "impersonation", "Pretends to be somebody else"
    OTHER = "other", "Something else"


class About(models.TextChoices):
    PERSON = "person", "a person"
    TWEET = "tweet", "a tweet"


class State(models.TextChoices):
    OPEN = "open", "open"
    DONE = "done", "dealt with"


class Report(models.Model):
    """Somebody's complaint about a person or one of their tweets. It outlives both, with what they were called."""

    COMMENT_LENGTH = 1_000
    id = SnowflakeField(primary_key=True)
    reporter = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    tweet = models.ForeignKey(Tweet, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    about = models.CharField(max_length=10, choices=About)
    reason = models.CharField(max_length=20, choices=Reason)
    comment = models.TextField(blank=True, default="", db_default="", max_length=COMMENT_LENGTH)
    username = models.CharField(max_length=15)
    """Of the person, when it was reported."""
    text = models.TextField(blank=True, default="", db_default="")
    """Of the tweet, when it was reported."""
    state = models.CharField(max_length=10, choices=State, default=State.OPEN, db_default=State.OPEN)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "reports"
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "tweet"], condition=models.Q(state=State.OPEN), name="reports_of_tweets_unique"
            ),
            models.UniqueConstraint(
                fields=["reporter", "person"],
                condition=models.Q(state=State.OPEN, about=About.PERSON),
                name="reports_of_people_unique",
            ),
            models.CheckConstraint(condition=models.Q(comment__char_length__lte=1_000), name="reports_comment_length"),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="reports_queue"),
            models.Index(fields=["person", "-id"], name="reports_person"),
            models.Index(fields=["tweet"], name="reports_tweet", condition=models.Q(tweet__isnull=False)),
            models.Index(fields=["reporter"], name="reports_reporter"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: @{self.username}"
