"""Writes to people. Each is one transaction and says whether it changed anything."""

import datetime as dt
import unicodedata
from copy import copy
from typing import IO, Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from knox.models import get_token_model

from accounts.models import ONE_LINE, User
from socialgraph import events
from socialgraph.images import CannotStore, CleanImage, clean_image

RESERVED_NAMES = frozenset(
    {"__debug__", "about", "accounts", "admin", "api", "bookmarks", "compose", "dashboard", "drafts", "events"}
    | {"explore", "follow", "followers", "following", "health", "help", "home", "livez", "login", "logout", "mail"}
    | {"media", "metrics", "notifications", "people", "privacy", "profile", "readyz", "requests", "root", "search"}
    | {"settings", "signup", "socialgraph", "static", "support", "tags", "terms", "timeline", "trends", "tweet"}
    | {"tweets", "users"}
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

    Raises ValidationError with a message for each field that is wrong. The file of an earlier picture goes by event,
    unless another account shows the same one.
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
    with transaction.atomic():
        if picture is not None:
            edited.avatar = _stored(picture)
        elif removes_avatar:
            edited.avatar = ""
        if edited.avatar != user.avatar:
            before = User.objects.select_for_update(no_key=True).values_list("avatar", flat=True).get(pk=user.pk)
            if before:
                events.record("files_released", names=[before])
        return _update(user, **{name: getattr(edited, name) for name in ("display_name", "bio", "region", "avatar")})


@transaction.atomic
def choose_undo_send(*, user: User, seconds: int) -> bool:
    """How long what the user posts waits and can be undone; whether that changed. Raises ValidationError."""
    if seconds not in settings.UNDO_SEND_SECONDS:
        raise ValidationError({"seconds": "Choose one of the times that are offered."})
    # The other preferences may change at the same moment.
    user.preferences = User.objects.select_for_update(no_key=True).values_list("preferences", flat=True).get(pk=user.pk)
    return _update(user, preferences={**user.preferences, "undo_send_seconds": seconds})


def undo_send_seconds(user: User) -> int:
    """How long what the user posts waits; 0 when it is posted at once."""
    seconds = user.preferences.get("undo_send_seconds", 0)
    return seconds if seconds in settings.UNDO_SEND_SECONDS else 0


def _stored(picture: CleanImage) -> str:
    try:
        return picture.store("avatars")
    except CannotStore as error:
        raise ValidationError({"avatar": str(error)}) from error


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
