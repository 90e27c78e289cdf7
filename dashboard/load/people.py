"""People made for a load test, recognised by name and address, and removed without a trace of them left."""

import contextlib
import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from knox.models import get_token_model

from accounts.models import User
from accounts.services import close_account
from socialgraph.rows import delete_some

DOMAIN = "load-test.invalid"
PATTERN = "^lt[0-9a-z]{6}_[0-9]+$"
BATCH = 2_000
ERASE_SECONDS = 600


def new_run() -> str:
    """Names of its people are `lt`, this, `_` and a number: 15 characters with up to a million of them."""
    return "".join(secrets.choice("0123456789abcdefghijkmnpqrstuvwxyz") for _ in range(6))


def named(run: str, number: int) -> str:
    return f"lt{run}_{number}"


def make(run: str, first: int, count: int) -> list[int]:
    """Ids of new accounts in the order of their numbers, active today, that nobody can log in to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (username, email, display_name, password, last_active_on)"
            " SELECT %(name)s || n, %(name)s || n || '@' || %(domain)s, 'Load test ' || n, %(password)s, %(today)s"
            " FROM generate_series(%(first)s, %(first)s + %(count)s - 1) n RETURNING id, username",
            {
                "name": named(run, 0)[:-1],
                "domain": DOMAIN,
                "password": make_password(None),
                "today": timezone.now().date(),
                "first": first,
                "count": count,
            },
        )
        made = {int(name.rpartition("_")[2]): user_id for user_id, name in cursor.fetchall()}
    return [made[number] for number in sorted(made)]


def follow(pairs: Iterable[tuple[int, int]]) -> None:
    """(follower, followee) each, in one statement; for people who have no timeline yet."""
    followers, followees = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO follows (follower_id, followee_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
            [list(followers), list(followees)],
        )


def account(user: User, *, uses_pages: bool) -> dict[str, Any]:
    """What somebody needs to act over HTTP: a session like a browser's, or a token like a program's."""
    known = {"id": user.pk, "name": user.username}
    if not uses_pages:
        return {**known, "token": get_token_model().objects.create(user)[1]}
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {**known, "session": session.session_key, "csrf": secrets.token_hex(16)}


def end_sessions(keys: Iterable[str]) -> None:
    for key in keys:
        SessionStore(key).delete()


def of_run(run: str) -> list[int]:
    """Those made and those who signed up."""
    return _ids("starts_with(username, %s)", named(run, 0)[:-1])


def of_all_runs() -> list[int]:
    return _ids("username ~ %s", PATTERN)


def _ids(condition: str, value: str) -> list[int]:
    """By name and by an address that nobody outside a load test can own: both must fit."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM users WHERE {condition} AND email = lower(username) || '@' || %s ORDER BY id",  # nosec B608 # of two constants
            [value, DOMAIN],
        )
        return [user_id for (user_id,) in cursor.fetchall()]


def remove_followers(user_ids: Sequence[int]) -> None:
    """Of a celebrity: accounts that did nothing but follow. Whom somebody else knows by now is left for `erase`."""
    for start in range(0, len(user_ids), BATCH):
        batch = list(user_ids[start : start + BATCH])
        with contextlib.suppress(IntegrityError), transaction.atomic():
            delete_some("follows", "follower_id", batch, BATCH)
            delete_some("users", "id", batch, BATCH)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def erase(ids: Sequence[int]) -> int:
    """As staff delete accounts: workers erase them. Waits for it; returns how many are left."""
    for user in User.objects.filter(pk__in=ids):
        close_account(user=user)
    deadline = time.monotonic() + ERASE_SECONDS
    while (left := User.objects.filter(pk__in=ids).count()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def remove_mail(since: float) -> None:
    """What the site wrote to them; a local installation keeps it as files."""
    directory = getattr(settings, "EMAIL_FILE_PATH", None)
    for file in Path(directory).glob("*.log") if directory else ():
        if file.stat().st_mtime >= since and f"@{DOMAIN}" in file.read_text(errors="replace"):
            file.unlink()
