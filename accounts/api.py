"""People: signing up, looking up, one's own account."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.models import User
from accounts.selectors import people_starting_with, user_named
from accounts.serializers import PeopleQuery, ProfileChange, SignUp, user_json
from accounts.services import protect, register
from socialgraph.throttles import SignUpThrottle

A_NAME = re.compile(r"[A-Za-z0-9_]{1,15}")
AN_ID = re.compile(r"[0-9]{1,19}")


def caller(request: Request) -> User:
    """Who is asking. Raises NotAuthenticated, which views that need an account have seen to before."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


@cache
def _by_id_sql() -> str:
    """Raw: each call about a person asks it, and Django would take longer to build it anew than it runs."""
    columns = ", ".join(str(field.column) for field in User._meta.concrete_fields)
    return f"SELECT {columns} FROM users WHERE id = %s"  # nosec B608 # made of constants


def user_with_id(user_id: int, *, closed_too: bool = False) -> User:
    """One query. Raises Http404, for a closed account too unless `closed_too`."""
    found = User.objects.raw(_by_id_sql(), [user_id]) if user_id < 2**63 else []
    user = next(iter(found), None)
    if user is None or not (user.is_active or closed_too):
        raise Http404("There is no such user.")
    return user


def user_called(who: str) -> User:
    """A user by name or id: a name if somebody bears it, otherwise an id. Raises Http404.

    The two cannot be confused: a name has up to 15 characters, and an id has more since 6 November 2010. One query, and
    a second one for a short number that is nobody's name.
    """
    user = user_named(who) if A_NAME.fullmatch(who) else None
    if user is None and AN_ID.fullmatch(who):
        return user_with_id(int(who))
    if user is None:
        raise Http404("There is no such user.")
    return user


class Users(APIView):
    """Who signs up needs no account, and is not asked for one; who looks people up is known as everywhere else."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [] if self.request.method == "POST" else super().get_authenticators()

    def get_permissions(self) -> Sequence[Any]:  # as the parent's stubs have it
        return [] if self.request.method == "POST" else super().get_permissions()

    def get_throttles(self) -> list[BaseThrottle]:
        return [SignUpThrottle()] if self.request.method == "POST" else super().get_throttles()

    def get(self, request: Request) -> Response:
        query = PeopleQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        viewer = request.user if isinstance(request.user, User) else None
        users = people_starting_with(query.validated_data["q"], viewer, limit=query.validated_data["limit"])
        return Response({"results": [user_json(user, request) for user in users], "next": None})

    def post(self, request: Request) -> Response:
        sign_up = SignUp(data=request.data)
        sign_up.is_valid(raise_exception=True)
        user = register(**sign_up.validated_data)
        return Response(
            user_json(user, request),
            status=status.HTTP_201_CREATED,
            headers={"Location": request.build_absolute_uri(f"/api/users/{user.pk}")},
        )


class UserDetail(APIView):
    def get(self, request: Request, who: str) -> Response:
        return Response(user_json(user_called(who), request))

    def patch(self, request: Request, who: str) -> Response:
        user = caller(request)
        if user_called(who) != user:
            raise PermissionDenied("This is somebody else's account.")
        change = ProfileChange(data=request.data)
        change.is_valid(raise_exception=True)
        protect(user=user, protected=change.validated_data["protected"])
        return Response(user_json(user, request))


urlpatterns = [
    path("users", Users.as_view()),
    path("users/<str:who>", UserDetail.as_view()),
]
