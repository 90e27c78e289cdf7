"""How people relate: follows and requests, blocks, mutes and muted words. Lists are the caller's own."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.api import caller, user_with_id
from accounts.models import User
from accounts.selectors import (
    blocks_of,
    muted_words_of,
    mutes_of,
    relationship,
    requests_by,
    requests_to,
)
from accounts.serializers import MuteUntil, NewMutedWord, PageQuery, muted_word_json, relationship_json, user_json
from socialgraph.pagination import Page


class UserFollow(APIView):
    """Following a protected account asks for it: `requested` says that the answer is still to come."""

    def post(self, request: Request, user_id: int) -> Response:
        followee = user_with_id(user_id)
        changed = services.follow(follower=caller(request), followee=followee)
        return _standing(caller(request), followee, changed)

    def delete(self, request: Request, user_id: int) -> Response:
        followee = user_with_id(user_id, closed_too=True)
        changed = services.unfollow(follower=caller(request), followee=followee)
        return _standing(caller(request), followee, changed)


def _standing(user: User, followee: User, changed: bool) -> Response:
    known = relationship(user, followee)
    return Response({"following": known.follows, "requested": known.has_requested, "changed": changed})


class UserFollower(APIView):
    """The caller's follower of this id."""

    def delete(self, request: Request, user_id: int) -> Response:
        changed = services.remove_follower(followee=caller(request), follower=user_with_id(user_id, closed_too=True))
        return Response({"followed_by": False, "changed": changed})


class UserBlock(APIView):
    def post(self, request: Request, user_id: int) -> Response:
        changed = services.block(blocker=caller(request), blocked=user_with_id(user_id))
        return Response({"blocking": True, "changed": changed})

    def delete(self, request: Request, user_id: int) -> Response:
        changed = services.unblock(blocker=caller(request), blocked=user_with_id(user_id, closed_too=True))
        return Response({"blocking": False, "changed": changed})


class UserMute(APIView):
    def post(self, request: Request, user_id: int) -> Response:
        sent = MuteUntil(data=request.data)
        sent.is_valid(raise_exception=True)
        until = sent.validated_data["until"]
        changed = services.mute(muter=caller(request), muted=user_with_id(user_id), until=until)
        return Response({"muting": True, "until": until, "changed": changed})

    def delete(self, request: Request, user_id: int) -> Response:
        changed = services.unmute(muter=caller(request), muted=user_with_id(user_id, closed_too=True))
        return Response({"muting": False, "until": None, "changed": changed})


class UserRelationship(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, user_id: int) -> Response:
        return Response(relationship_json(relationship(caller(request), user_with_id(user_id))))


class Listing(APIView):
    """A page of the caller's own rows, the latest first."""

    permission_classes = (IsAuthenticated,)
    rows: Callable[..., Page[Any]]
    person: str

    def get(self, request: Request) -> Response:
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = type(self).rows(caller(request), **query.validated_data)
        return Response({"results": [self.row_json(row, request) for row in page.results], "next": page.next})

    def row_json(self, row: Any, request: Request) -> dict[str, Any]:
        return {"user": user_json(getattr(row, self.person), request), "created_at": row.created_at}


class FollowRequests(Listing):
    rows, person = requests_to, "follower"


class SentRequests(Listing):
    rows, person = requests_by, "followee"


class Blocks(Listing):
    rows, person = blocks_of, "blocked"


class Mutes(Listing):
    rows, person = mutes_of, "muted"

    def row_json(self, row: Any, request: Request) -> dict[str, Any]:
        return {**super().row_json(row, request), "until": row.expires_at}


class Approve(APIView):
    def post(self, request: Request, user_id: int) -> Response:
        follower = user_with_id(user_id, closed_too=True)
        return Response({"changed": services.approve_request(followee=caller(request), follower=follower)})


class Reject(APIView):
    def post(self, request: Request, user_id: int) -> Response:
        follower = user_with_id(user_id, closed_too=True)
        return Response({"changed": services.reject_request(followee=caller(request), follower=follower)})


class MutedWords(APIView):
    """All of them at once: there are never more than MUTED_WORDS_MAX."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"results": [muted_word_json(word) for word in muted_words_of(caller(request))], "next": None})

    def post(self, request: Request) -> Response:
        new = NewMutedWord(data=request.data)
        new.is_valid(raise_exception=True)
        word = services.mute_word(user=caller(request), **new.validated_data)
        return Response(muted_word_json(word), status=status.HTTP_201_CREATED)


class MutedWordDetail(APIView):
    def delete(self, request: Request, word_id: int) -> Response:
        if not services.unmute_word(user=caller(request), word_id=word_id):
            raise Http404("You mute no such word.")
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("users/<int:user_id>/follow", UserFollow.as_view()),
    path("users/<int:user_id>/follower", UserFollower.as_view()),
    path("users/<int:user_id>/block", UserBlock.as_view()),
    path("users/<int:user_id>/mute", UserMute.as_view()),
    path("users/<int:user_id>/relationship", UserRelationship.as_view()),
    path("follow_requests", FollowRequests.as_view()),
    path("follow_requests/sent", SentRequests.as_view()),
    path("follow_requests/<int:user_id>/approve", Approve.as_view()),
    path("follow_requests/<int:user_id>/reject", Reject.as_view()),
    path("blocks", Blocks.as_view()),
    path("mutes", Mutes.as_view()),
    path("muted_words", MutedWords.as_view()),
    path("muted_words/<int:word_id>", MutedWordDetail.as_view()),
]
