"""Who calls the API with a token. Logged-in browsers come through the REST framework's own session authentication."""

from functools import cache

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

SCHEME = "Token"


@cache
def _owner_sql() -> str:
    """Raw: all programs send it with each request, and Django would take longer to build it anew than it runs."""
    users, tokens = get_user_model()._meta, get_token_model()._meta
    columns = ", ".join(f"u.{field.column}" for field in users.concrete_fields)
    return (
        f"SELECT {columns} FROM {tokens.db_table} t JOIN {users.db_table} u ON u.id = t.user_id"  # nosec B608 # made of constants
        " WHERE t.digest = %s AND (t.expiry IS NULL OR t.expiry > now()) AND u.is_active"
    )


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token …`, found by its hash, which is all that is stored and what `request.auth` is; one query.

    The library's own class takes two, deletes other tokens of the user while it reads, and fails on bytes that are not
    UTF-8.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, str] | None:
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        digest = hash_token(token.strip())
        user = next(iter(get_user_model()._default_manager.raw(_owner_sql(), [digest])), None)
        if user is None:
            raise AuthenticationFailed("This token is unknown, has expired, or belongs to a closed account.")
        return user, digest

    def authenticate_header(self, request: Request) -> str:
        return SCHEME
