"""The images of tweets."""

from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from socialgraph.snowflake import SnowflakeField
from tweets.models.posts import Tweet


class Media(models.Model):
    """An image: of a tweet, or sent by `owner` for one that is still being written.

    Its files are named by their content, so several rows may share one.
    """

    ALT_MAX = 1_000
    id = SnowflakeField(primary_key=True)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    tweet = models.ForeignKey(Tweet, models.CASCADE, null=True, blank=True, related_name="media", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)
    file = models.ImageField(upload_to="media/")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    thumbnail = models.ImageField(upload_to="media/", blank=True, default="", db_default="")
    """A smaller file for lists; empty until a worker has made it, or where the image is small itself."""
    placeholder = models.TextField(blank=True, default="", db_default="")
    """A few blurred pixels to show until the image is there: a data: address; empty until a worker has made it."""
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
        indexes = [
            models.Index(fields=["owner", "-id"], name="media_owner"),
            models.Index(fields=["file"], name="media_file"),
            models.Index(fields=["thumbnail"], name="media_thumbnail", condition=~models.Q(thumbnail="")),
            models.Index(fields=["created_at"], name="media_waiting", condition=models.Q(tweet=None)),
        ]

    def __str__(self) -> str:
        return self.alt[:40] or str(self.file)
