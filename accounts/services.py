"""Writes to people and the follow graph. Each is one transaction and says whether it changed anything."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Celebrity, Follow, User
from socialgraph import counts, events
from socialgraph.rows import insert_if_absent

RESERVED_NAMES = frozenset(
    {"about", "accounts", "admin", "api", "bookmarks", "compose", "dashboard", "events", "explore", "health", "help"}
    | {"home", "livez", "login", "logout", "media", "notifications", "privacy", "readyz", "root", "search", "settings"}
    | {"signup", "socialgraph", "static", "support", "terms", "timeline", "tweet", "tweets", "users"}
)
"""Names that the site's own pages use or that would pass for the site speaking."""


@transaction.atomic
def register(*, username: str, email: str, password: str, display_name: str = "") -> User:
    """A new account. Raises ValidationError with a message for each field that is wrong."""
    user = User(
        username=username,
        email=User.objects.normalize_email(email),
        display_name=display_name.strip() or username,
        last_active_on=timezone.now().date(),
    )
    user.set_password(password)
    if errors := _refusals(user, password):
        raise ValidationError(errors)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:  # somebody took the name or the address since the look above
        if errors := _refusals(user, password):
            raise ValidationError(errors) from None
        raise
    return user


def _refusals(user: User, password: str) -> dict[str, list[str]]:
    """What is wrong with a new account, by field."""
    errors: dict[str, list[str]] = {}
    if user.username.lower() in RESERVED_NAMES:
        errors["username"] = ["This name is reserved. Choose another one."]
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors["password"] = error.messages
    try:
        user.full_clean(exclude=["last_login"])
    except ValidationError as error:
        errors = {**error.message_dict, **errors}
    # Unique constraints over lower() report without a field; say which one it was.
    for message in errors.pop("__all__", []):
        errors.setdefault("email" if "e-mail" in message else "username", []).append(message)
    return errors


@transaction.atomic
def follow(*, follower: User, followee: User) -> bool:
    """Whether it is new. The follower's next home read includes the followee's earlier tweets.

    Locks the follower's own row only, so a popular followee is never waited for.
    """
    if follower.pk == followee.pk:
        raise ValidationError("You cannot follow yourself.")
    if not insert_if_absent(Follow, follower_id=follower.pk, followee_id=followee.pk):
        return False
    outdate_timeline(user_id=follower.pk)
    return True


@transaction.atomic
def unfollow(*, follower: User, followee: User) -> bool:
    """Whether there was a follow to end."""
    deleted, _ = Follow.objects.filter(follower=follower, followee=followee).delete()
    if not deleted:
        return False
    outdate_timeline(user_id=follower.pk)
    return True


def outdate_timeline(*, user_id: int) -> None:
    """The stored home timeline of this user no longer holds all it should: the next read rebuilds it.

    A number in PostgreSQL and not a deletion in Redis, so that a Redis that is away for a moment cannot serve the old.
    """
    User.objects.filter(pk=user_id).update(graph_version=F("graph_version") + 1)


def mark_active(*, user: User) -> bool:
    """Note that the user is here today; writes at most once a day."""
    today = timezone.now().date()
    if user.last_active_on == today:
        return False
    User.objects.filter(pk=user.pk).update(last_active_on=today)
    user.last_active_on = today
    return True


def active_since() -> dt.date:
    """Users who were here on this day or later have a timeline kept for them."""
    return timezone.now().date() - dt.timedelta(days=settings.ACTIVE_DAYS)


@transaction.atomic
def flush_counts() -> int:
    """Fold one batch of the count ledger, and let authors cross the celebrity threshold; returns the counts touched."""
    touched = counts.flush()
    if followees := touched.get("follower_count"):
        flag_celebrities(user_ids=followees)
    return sum(map(len, touched.values()))


@transaction.atomic
def flag_celebrities(*, user_ids: Iterable[int] | None = None) -> tuple[list[int], list[int]]:
    """(authors who became celebrities, authors who are leaving), among `user_ids` or everybody.

    Up at CELEBRITY_FOLLOWER_COUNT, down below CELEBRITY_LEAVE_RATIO of it. Going up takes effect at once: readers merge
    the author's own list. Going down, readers go on merging until the timelines that lack the author's tweets are
    gone; the event `celebrity_left` sees to that.
    """
    threshold = settings.CELEBRITY_FOLLOWER_COUNT
    scope = "true" if user_ids is None else "id = ANY(%s)"
    scope_values = [] if user_ids is None else [list(user_ids)]
    change = (
        "UPDATE users SET celebrity = %s, crossings = crossings + 1 WHERE id = ANY(ARRAY"  # nosec B608 # made of constants
        f"(SELECT id FROM users WHERE {scope} AND {{}} ORDER BY id FOR NO KEY UPDATE)) RETURNING id, crossings"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            change.format("celebrity <> %s AND follower_count >= %s"),
            [Celebrity.YES, *scope_values, Celebrity.YES, threshold],
        )
        risen = [user_id for user_id, _ in cursor.fetchall()]
        cursor.execute(
            change.format("celebrity = %s AND follower_count < %s"),
            [Celebrity.LEAVING, *scope_values, Celebrity.YES, threshold * settings.CELEBRITY_LEAVE_RATIO],
        )
        fallen = cursor.fetchall()
    for user_id, crossing in fallen:
        events.record("celebrity_left", user_id=user_id, crossing=crossing)
    return risen, [user_id for user_id, _ in fallen]


def finish_leaving(*, user_id: int, crossing: int) -> bool:
    """Readers may stop merging the author, unless a newer crossing has overtaken this one."""
    return bool(
        User.objects.filter(pk=user_id, celebrity=Celebrity.LEAVING, crossings=crossing).update(celebrity=Celebrity.NO)
    )
