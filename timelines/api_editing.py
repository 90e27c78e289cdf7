"""Editing a tweet, and what it said before."""

import datetime as dt
from typing import TypedDict

from django.core.files.storage import default_storage
from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.api import caller
from accounts.models import User
from accounts.serializers import StrictTextField
from socialgraph.throttles import PostThrottle
from timelines.pages import tweet_card
from timelines.serializers import tweet_json
from tweets.history import Image, Version, versions_of
from tweets.models import Tweet
from tweets.services import edit_tweet


class NewWords(serializers.Serializer[Tweet]):
    """Types only: `services.edit_tweet` knows what a good text is."""

    text = StrictTextField()
    alts = serializers.ListField(child=StrictTextField(), default=None)


class ImageJson(TypedDict):
    url: str
    width: int
    height: int
    alt: str


class VersionJson(TypedDict):
    version: int
    text: str
    media: list[ImageJson]
    created_at: dt.datetime


class Editing(APIView):
    """What `PATCH` does; of the view of one tweet."""

    def get_throttles(self) -> list[BaseThrottle]:
        """An edit announces names and tags as a post does, so it counts as one."""
        return [*super().get_throttles(), *([PostThrottle()] if self.request.method == "PATCH" else [])]

    def patch(self, request: Request, tweet_id: int) -> Response:
        new = NewWords(data=request.data)
        new.is_valid(raise_exception=True)
        tweet = _seen(caller(request), tweet_id)
        edit_tweet(tweet=tweet, by=caller(request), **new.validated_data)
        return Response(tweet_json(_seen(caller(request), tweet_id), request))


class History(APIView):
    """All versions, the newest first, for whoever may see the tweet; always one page."""

    def get(self, request: Request, tweet_id: int) -> Response:
        versions = versions_of(_seen(request.user if isinstance(request.user, User) else None, tweet_id))
        return Response({"results": [_version_json(version, request) for version in versions], "next": None})


def _seen(viewer: User | None, tweet_id: int) -> Tweet:
    tweet = tweet_card(viewer, tweet_id)
    if tweet is None:
        raise Http404("There is no such tweet, or it was deleted.")
    return tweet


def _version_json(version: Version, request: Request) -> VersionJson:
    return {
        "version": version.number,
        "text": version.text,
        "media": [_image_json(image, request) for image in version.images],
        "created_at": version.created_at,
    }


def _image_json(image: Image, request: Request) -> ImageJson:
    return {
        "url": request.build_absolute_uri(default_storage.url(image["name"])),
        "width": image["width"],
        "height": image["height"],
        "alt": image["alt"],
    }


urlpatterns = [path("tweets/<tweet_id:tweet_id>/history", History.as_view())]
