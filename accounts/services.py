"""Writes to people and the follow graph. Each is one transaction and says whether it changed anything."""

import datetime as dt
import unicodedata
from collections.abc import Iterable
from copy import copy
from typing import IO, Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from knox.models import get_token_model

from accounts.models import ONE_LINE, Celebrity, Follow, User
from socialgraph import counts, events
from socialgraph.images import clean_image
from socialgraph.rows import insert_if_absent

RESERVED_NAMES = frozenset(
    {"__debug__", "about", "accounts", "admin", "api", "bookmarks", "compose", "dashboard", "events", "explore"}
    | {"follow", "followers", "following", "health", "help", "home", "livez", "login", "logout", "mail", "media"}
    | {"metrics", "notifications", "people", "privacy", "profile", "readyz", "root", "search", "settings", "signup"}
    | {"socialgraph", "static", "support", "tags", "terms", "timeline", "trends", "tweet", "tweets", "users"}
)
"""Names that the site's own pages use or that would pass for the site speaking."""


@transaction.atomic
def register(*, username: str, email: str, password: str, display_name: str = "") -> User:
    """A new account. Raises ValidationError with a message for each field that is wrong."""
    user = User(
        username=username,
        email=email.lower(),
        display_name=_tidy(display_name) or username,
        last_active_on=timezone.now().date(),
    )
    if errors := _refusals(user, password):
        raise ValidationError(errors)
    user.set_password(password)
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
        user.full_clean(exclude=["last_login", "password"])
    except ValidationError as error:
        errors = {**error.message_dict, **errors}
    # Unique constraints over lower() report without a field; say which one it was.
    for message in errors.pop("__all__", []):
        errors.setdefault("email" if "e-mail" in message else "username", []).append(message)
    return errors


def _tidy(text: str) -> str:
    """As people see it: composed (NFC), without space around it; empty when nothing in it can be seen."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    return text if any(unicodedata.category(letter)[0] not in "CZ" for letter in text) else ""


def edit_profile(
    *,
    user: User,
    display_name: str,
    bio: str,
    region: str,
    avatar: IO[bytes] | None = None,
    removes_avatar: bool = False,
) -> bool:
    """Whether anything changed. A new picture wins over removing the old one.

    Raises ValidationError with a message for each field that is wrong. Files of earlier pictures stay: they are named
    by their content, and another account may show the same one.
    """
    edited, errors = copy(user), {}
    edited.display_name, edited.bio, edited.region = _tidy(display_name), _tidy(bio), _tidy(region)
    try:
        edited.clean_fields(exclude={field.name for field in User._meta.fields} - {"display_name", "bio", "region"})
    except ValidationError as error:
        errors.update(error.message_dict)
    if len(edited.bio) > settings.BIO_MAX:
        errors["bio"] = [f"Use at most {settings.BIO_MAX} characters: this has {len(edited.bio)}."]
    if edited.region and not errors.get("region"):
        try:
            ONE_LINE(edited.region)
        except ValidationError as error:
            errors["region"] = error.messages
    picture = None
    if avatar is not None:
        try:
            picture = clean_image(avatar, longest_side=settings.AVATAR_SIDE, is_square=True)
        except ValidationError as error:
            errors["avatar"] = error.messages
    if errors:
        raise ValidationError(errors)
    if picture is not None:
        edited.avatar = picture.store("avatars")
    elif removes_avatar:
        edited.avatar = ""
    return _update(user, **{name: getattr(edited, name) for name in ("display_name", "bio", "region", "avatar")})


def _update(user: User, **values: Any) -> bool:  # of any column
    """Write those that differ, and no other column: counts and the graph version change beside us."""
    changed = {name: value for name, value in values.items() if getattr(user, name) != value}
    if not changed:
        return False
    User.objects.filter(pk=user.pk).update(**changed, updated_at=timezone.now())
    for name, value in changed.items():
        setattr(user, name, value)
    return True


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Ends every session but the one that allauth keeps, and every token of the API. The password has been judged."""
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    get_token_model().objects.filter(user=user).delete()


@transaction.atomic
def ask_for_email(*, user: User, email: str) -> EmailAddress:
    """Note the address that shall replace the user's own as soon as somebody opens the link sent to it.

    Raises ValidationError. An earlier wish is forgotten. Nobody's address is blocked by a wish.
    """
    email = email.lower()
    if email == user.email.lower():
        raise ValidationError({"email": "This is your address already."})
    candidate = copy(user)
    candidate.email = email
    candidate.clean_fields(exclude={field.name for field in User._meta.fields} - {"email"})
    if User.objects.filter(email=email).exists():
        raise ValidationError({"email": "This e-mail address is in use."})
    forget_email_wish(user=user)
    address: EmailAddress = EmailAddress.objects.create(user=user, email=email)
    return address


def forget_email_wish(*, user: User) -> bool:
    """Whether there was an address waiting to replace the user's own."""
    deleted, _ = EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email.lower()).delete()
    return bool(deleted)


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
