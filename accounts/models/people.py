"""Who people are."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Collate, Lower, Now
from django.urls import reverse

from accounts.fields import CaselessCharField, CaselessEmailField
from socialgraph.snowflake import SnowflakeField

ONE_LINE = RegexValidator(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]",
    "Use one line of text, without marks that turn its direction round.",
    inverse_match=True,
)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


class Celebrity(models.IntegerChoices):
    """How an author's tweets reach followers (docs/architecture.md tells why leaving is a state of its own)."""

    NO = 0, "pushed to followers"
    YES = 1, "merged by readers"
    LEAVING = 2, "pushed and merged, until old timelines are gone"


class User(AbstractBaseUser, PermissionsMixin):
    id = SnowflakeField(primary_key=True)
    username = CaselessCharField(
        max_length=15, validators=[RegexValidator(r"\A[A-Za-z0-9_]{1,15}\Z", "Use letters, digits and _ only.")]
    )
    email = CaselessEmailField(
        max_length=254,
        validators=[  # Django's own rule lets letters pass that only look like Latin ones
            RegexValidator(r"\A[^@]*[^\x00-\x7f@]", "Use plain letters before the @.", inverse_match=True)
        ],
    )
    display_name = models.CharField(max_length=50, validators=[ONE_LINE])
    bio = models.TextField(blank=True, default="", db_default="", max_length=500)
    avatar = models.ImageField(upload_to="avatars/", blank=True, default="", db_default="")
    verified = models.BooleanField(default=False, db_default=False)
    protected = models.BooleanField(default=False, db_default=False)
    """What a protected account posts is for the followers that it approved."""
    region = models.CharField(max_length=40, blank=True, default="", db_default="")
    preferences = models.JSONField(default=dict, db_default={}, blank=True)
    follower_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    following_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    tweet_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    last_active_on = models.DateField(null=True, blank=True)
    celebrity = models.PositiveSmallIntegerField(choices=Celebrity, default=Celebrity.NO, db_default=0, editable=False)
    crossings = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    """How often `celebrity` changed: tells a late crossing event that a newer one has overtaken it."""
    graph_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    """Raised by what makes the stored home timeline incomplete; a timeline carries the version it was built at."""
    is_active = models.BooleanField(default=True, db_default=True)
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the user left by their own wish; they come back by logging in. Null beside `is_active=False`: by staff."""
    is_staff = models.BooleanField(default=False, db_default=False)
    is_superuser = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]
    objects = UserManager()

    class Meta:
        db_table = "users"
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="users_username_unique", violation_error_message="This user name is taken."
            ),
            models.UniqueConstraint(
                Lower("email"), name="users_email_unique", violation_error_message="This e-mail address is in use."
            ),
            models.CheckConstraint(
                condition=models.Q(username__regex=r"^[A-Za-z0-9_]{1,15}$"), name="users_username_letters"
            ),
            models.CheckConstraint(condition=~models.Q(email=""), name="users_email_given"),
            models.CheckConstraint(condition=~models.Q(display_name=""), name="users_display_name_given"),
        ]
        indexes = [
            models.Index(
                fields=["last_active_on"], name="users_active", condition=models.Q(last_active_on__isnull=False)
            ),
            models.Index(fields=["id"], name="users_celebrities", condition=models.Q(celebrity__gt=0)),
            models.Index(fields=["id"], name="users_inactive", condition=models.Q(is_active=False)),
            models.Index(fields=["avatar"], name="users_avatar", condition=~models.Q(avatar="")),
            # Collation C, so that the index finds prefixes and gives their order, whatever the database's own is.
            models.Index(Collate(Lower("username"), "C"), name="users_username_prefix"),
            models.Index(Collate(Lower("display_name"), "C"), name="users_display_name_prefix"),
        ]

    def __str__(self) -> str:
        return f"@{self.username}"

    def get_absolute_url(self) -> str:
        return reverse("profile", args=[self.username])

    @property
    def avatar_url(self) -> str:
        """The address of the picture, without the host; empty when there is none."""
        return self.avatar.url if self.avatar else ""
