"""The caller's own bookmarks and their folders. A folder of somebody else is a 404 like one that never was."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

from django.core.exceptions import ValidationError as ValidationRefused
from django.http import Http404
from django.urls import path
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import caller
from accounts.models import User
from accounts.serializers import StrictTextField
from timelines.api import asked, mark, unmark
from timelines.bookmarks import Wanted, bookmarked, folder_of, folders_of
from timelines.serializers import IdField, card_json
from timelines.store import MAX_ID
from tweets.models import BookmarkFolder, Tweet
from tweets.services import bookmark, create_folder, delete_folder, file_bookmark, rename_folder, unbookmark

UNFILED = "none"


class FolderName(serializers.Serializer[BookmarkFolder]):
    """Types only: the services know what a good name is."""

    name = StrictTextField()


class Place(serializers.Serializer[object]):
    """Without `folder` a bookmark stays where it is; null takes it out of its folder."""

    folder = IdField(required=False, allow_null=True)


class BookmarksQuery(serializers.Serializer[object]):
    folder = serializers.CharField(default="", allow_blank=True)
    q = serializers.CharField(default="", allow_blank=True, max_length=200)


class FolderJson(TypedDict):
    id: str
    name: str
    created_at: dt.datetime


def folder_json(folder: BookmarkFolder) -> FolderJson:
    return {"id": str(folder.pk), "name": folder.name, "created_at": folder.created_at}


NO_FOLDER = "You have no such folder."


def own_folder(request: Request, folder_id: int) -> BookmarkFolder:
    """One query. Raises Http404."""
    folder = folder_of(caller(request), folder_id) if 0 < folder_id <= MAX_ID else None
    if folder is None:
        raise Http404(NO_FOLDER)
    return folder


def put_into(*, user: User, tweet: Tweet, folder_id: int | None) -> bool:
    """As `file_bookmark`, which itself asks whose folder it is. Raises Http404 where the user has no such folder."""
    folder = None if folder_id is None else BookmarkFolder(pk=min(folder_id, MAX_ID))
    try:
        return file_bookmark(user=user, tweet=tweet, folder=folder)
    except ValidationRefused as error:
        raise Http404(NO_FOLDER) from error


class Bookmarks(APIView):
    """Last bookmarked first. A page may be short, or empty, and still go on: see `timelines.bookmarks.bookmarked`."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        query = BookmarksQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = bookmarked(caller(request), asked(request), self._wanted(request, **query.validated_data))
        shown = [card_json(card, request, folder=card.folder_id and str(card.folder_id)) for card in page.results]
        return Response({"results": [each for each in shown if each is not None], "next": page.next})

    def _wanted(self, request: Request, folder: str, q: str) -> Wanted:
        if folder in ("", UNFILED):
            return Wanted.of(q, unfiled=folder == UNFILED)
        if not (folder.isascii() and folder.isdigit() and len(folder) < 20):
            raise ValidationError({"folder": ["Not a folder: send its id, or “none” for what is in no folder."]})
        return Wanted.of(q, folder=own_folder(request, int(folder)).pk)


class TweetBookmark(APIView):
    def post(self, request: Request, tweet_id: int) -> Response:
        place = Place(data=request.data)
        place.is_valid(raise_exception=True)
        do: Callable[..., bool] = bookmark
        if "folder" in place.validated_data:
            do = partial(put_into, folder_id=place.validated_data["folder"])
        return Response({"bookmarked": True, "changed": mark(request, tweet_id, do)})

    def delete(self, request: Request, tweet_id: int) -> Response:
        return Response({"bookmarked": False, "changed": unmark(request, tweet_id, unbookmark)})


class Folders(APIView):
    """By name; all of them, since there are never many."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"results": [folder_json(folder) for folder in folders_of(caller(request))], "next": None})

    def post(self, request: Request) -> Response:
        folder = create_folder(user=caller(request), name=_name(request))
        headers = {"Location": request.build_absolute_uri(f"/api/bookmark_folders/{folder.pk}")}
        return Response(folder_json(folder), status=status.HTTP_201_CREATED, headers=headers)


class FolderDetail(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, folder_id: int) -> Response:
        return Response(folder_json(own_folder(request, folder_id)))

    def patch(self, request: Request, folder_id: int) -> Response:
        folder = own_folder(request, folder_id)
        rename_folder(folder=folder, name=_name(request))
        return Response(folder_json(folder))

    def delete(self, request: Request, folder_id: int) -> Response:
        delete_folder(folder=own_folder(request, folder_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _name(request: Request) -> str:
    sent = FolderName(data=request.data)
    sent.is_valid(raise_exception=True)
    data: dict[str, Any] = sent.validated_data
    return str(data["name"])


urlpatterns = [
    path("bookmarks", Bookmarks.as_view()),
    path("bookmark_folders", Folders.as_view()),
    path("bookmark_folders/<int:folder_id>", FolderDetail.as_view()),
    path("tweets/<tweet_id:tweet_id>/bookmark", TweetBookmark.as_view()),
]
