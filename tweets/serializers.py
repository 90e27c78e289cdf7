"""The shapes of images in the API: what comes in, what goes out."""

from typing import Any, TypedDict

from django.core.files.storage import default_storage
from rest_framework import serializers

from accounts.serializers import Site, StrictTextField
from tweets.models import Media


class MediaJson(TypedDict):
    id: str
    url: str
    thumbnail_url: str
    placeholder: str
    width: int
    height: int
    alt: str


def media_json(picture: dict[str, Any], request: Site) -> MediaJson:
    """`picture` is one of those of a card: `tweets.selectors.cards`. Without a thumbnail its own address is given."""
    return {
        "id": str(picture["id"]),
        "url": _address(picture["name"], request),
        "thumbnail_url": _address(picture["thumbnail"] or picture["name"], request),
        "placeholder": picture["placeholder"],
        "width": picture["width"],
        "height": picture["height"],
        "alt": picture["alt"],
    }


def _address(name: str, request: Site) -> str:
    return request.build_absolute_uri(default_storage.url(name))


def uploaded_json(media: Media, request: Site) -> MediaJson:
    names = {"name": str(media.file), "thumbnail": str(media.thumbnail)}
    fields = {name: getattr(media, name) for name in ("id", "placeholder", "width", "height", "alt")}
    return media_json(names | fields, request)


class NewMedia(serializers.Serializer[Media]):
    """Types only: `services.upload` knows what a good image is."""

    image = serializers.FileField(allow_empty_file=True)
    alt = serializers.CharField(default="", allow_blank=True)


class Description(serializers.Serializer[Media]):
    alt = StrictTextField()
