"""Who asks: programs by a token, logged-in browsers by the REST framework's own session authentication.

And who seems to ask, for pages whose own query says whether it is true.
"""

from functools import cache

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from socialgraph.nearest import Nearest

SCHEME = "Token"
_owners: Nearest[str, int] = Nearest(10_000)
"""By digest, whose token it was when it was last seen: a token never changes hands, but it may end."""


@cache
def _owner_sql() -> str:
    """Raw: all programs send it with each request, and Django would take longer to build it anew than it runs."""
    users, tokens = get_user_model()._meta, get_token_model()._meta
    columns = ", ".join(f"u.{field.column}" for field in users.concrete_fields)
    return (
        f"SELECT {columns} FROM {tokens.db_table} t JOIN {users.db_table} u ON u.id = t.user_id"  # nosec B608 # made of constants
        f" WHERE t.digest = %s AND {_IS_VALID} AND u.is_active"
    )


_IS_VALID = "(t.expiry IS NULL OR t.expiry > now())"


def is_token_of(user_id: str) -> str:
    """SQL: whether `%(token)s` is the digest of a valid token of the user with that id."""
    tokens = get_token_model()._meta.db_table
    return f"EXISTS(SELECT 1 FROM {tokens} t WHERE t.digest = %(token)s AND t.user_id = {user_id} AND {_IS_VALID})"  # nosec B608 # made of constants


def digest_of(request: HttpRequest | Request) -> str | None:
    """Of the token that came along, which is all that is stored of one."""
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    return hash_token(token.strip()) if scheme.lower() == SCHEME.lower() else None


def seeming_owner(digest: str) -> int | None:
    """Whose token this is, if it still is one; None when this process has not seen it."""
    return _owners.get(digest)


def seeming_user(request: HttpRequest) -> int | None:
    """Whose session this is, if `is_session_of` says so too."""
    session = request.session
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user_id = str(session.get(SESSION_KEY, ""))
    return int(user_id) if user_id.isdecimal() else None


def is_session_of(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Whether the session was begun with the password that the user has now, and may go on.

    False leaves it to Django, which also knows keys that were replaced.
    """
    known = request.session.get(HASH_SESSION_KEY, "")
    return user.is_active and constant_time_compare(known, user.get_session_auth_hash())


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token …`, found by its digest, which is what `request.auth` is; one query.

    The library's own class takes two, deletes other tokens of the user while it reads, and fails on bytes that are not
    UTF-8.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, str] | None:
        digest = digest_of(request)
        if digest is None:
            return None
        user = next(iter(get_user_model()._default_manager.raw(_owner_sql(), [digest])), None)
        if user is None:
            raise AuthenticationFailed("This token is unknown, has expired, or belongs to a closed account.")
        _owners.put(digest, user.pk)
        return user, digest

    def authenticate_header(self, request: Request) -> str:
        return SCHEME
