"""How a card shows its images: `picture` is one of `tweets.selectors.cards`."""

from typing import Any

from django import template
from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

BOX = (600, 480)
"""Pixels of the page that an image fills at most."""


@register.filter
def full(picture: dict[str, Any]) -> str:
    """The address of the image."""
    return default_storage.url(picture["name"])


@register.filter
def seen(picture: dict[str, Any]) -> str:
    """The address of its thumbnail, or of itself."""
    return default_storage.url(picture["thumbnail"] or picture["name"])


@register.filter
def fitted(picture: dict[str, Any]) -> SafeString:
    """The size that it is shown at, so that nothing moves when it comes."""
    width, height = picture["width"], picture["height"]
    scale = min(1, BOX[0] / width, BOX[1] / height)
    return format_html('width="{}" height="{}"', max(1, round(width * scale)), max(1, round(height * scale)))
