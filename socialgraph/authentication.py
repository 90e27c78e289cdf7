"""Who calls the API with a token. Logged-in browsers come through the REST framework's own session authentication."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, Q
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

SCHEME = "Token"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token …`, found by its hash, which is all that is stored; one query.

    The library's own class takes two, deletes other tokens of the user while it reads, and fails on bytes that are not
    UTF-8.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Model] | None:
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        tokens = get_token_model().objects.filter(Q(expiry=None) | Q(expiry__gt=timezone.now()), user__is_active=True)
        found = tokens.select_related("user").filter(digest=hash_token(token.strip())).first()
        if found is None:
            raise AuthenticationFailed("This token is unknown, has expired, or belongs to a closed account.")
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return SCHEME
