"""The shape of what pages are asked and sent."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import replace

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.storage import default_storage
from django.http import HttpRequest

from socialgraph.images import clean_image
from socialgraph.pagination import InvalidCursor, decode_cursor
from timelines.pages import Asked
from tweets.models import PostKey
from tweets.services import Picture

KEPT_SALT, KEPT_SECONDS = "kept image", 24 * 3600


class PageForm(forms.Form):
    """`?cursor=&limit=` of every page that goes on."""

    cursor = forms.CharField(required=False)
    limit = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=settings.PAGE_SIZE_MAX,
        error_messages={
            "invalid": "The number of posts on a page is not a number.",
            "min_value": "A page has at least %(limit_value)s post.",
            "max_value": "A page has at most %(limit_value)s posts.",
        },
    )

    def clean_cursor(self) -> int | None:
        try:
            return decode_cursor(self.cleaned_data["cursor"])
        except InvalidCursor as error:
            raise ValidationError("The address is damaged or was not made by this site.") from error

    @property
    def asked(self) -> Asked:
        return Asked(self.cleaned_data["cursor"], self.cleaned_data["limit"] or settings.PAGE_SIZE)


class SinceForm(forms.Form):
    since = forms.IntegerField(min_value=0, max_value=2**63 - 1)


class PostForm(forms.Form):
    """What somebody wants to post. Whether the text is fit to be posted is for `post_tweet` to say.

    A browser does not send an image again with a form that was refused, so the form keeps it: `kept` is the signed
    place of an image that is stored already.
    """

    text = forms.CharField(required=False, strip=False)
    image = forms.FileField(required=False)
    alt = forms.CharField(required=False)
    kept = forms.CharField(required=False)
    without_image = forms.BooleanField(required=False)
    key = forms.CharField(required=False, max_length=PostKey.KEY_LENGTH)
    next = forms.CharField(required=False)
    text_max = settings.TWEET_TEXT_MAX
    picture: Picture | None = None
    """The image that comes with the text, from this sending or kept from the one before."""

    @classmethod
    def blank(cls, request: HttpRequest, *, next: str = "") -> "PostForm":
        """An empty form on the page of this request, or on the page `next`."""
        return cls(initial={"key": secrets.token_urlsafe(16), "next": next or request.get_full_path()})

    def clean(self) -> None:
        sent, kept = self.cleaned_data.get("image"), self.cleaned_data.get("kept")
        if self.cleaned_data.get("without_image"):
            return
        if kept:
            with suppress(signing.BadSignature):  # forged, or of yesterday: the person sees that the image is gone
                self.picture = Picture(*signing.loads(kept, salt=KEPT_SALT, max_age=KEPT_SECONDS))
        if sent:
            try:
                image = clean_image(sent, longest_side=settings.IMAGE_SIDE)
            except ValidationError as error:
                self.add_error("image", error)
            else:
                self.picture = Picture(image.store("media"), image.width, image.height)
        if self.picture:
            self.picture = replace(self.picture, alt=self.cleaned_data.get("alt", "").strip())

    @property
    def kept_picture(self) -> dict[str, str] | None:
        """For the composer that shows a refused text again: where the image is, and the value of `kept`."""
        if self.picture is None:
            return None
        place = (self.picture.name, self.picture.width, self.picture.height)
        return {"url": default_storage.url(self.picture.name), "value": signing.dumps(place, salt=KEPT_SALT)}

    @property
    def posting_key(self) -> str:
        """The same for the same text and image sent twice, another one for others.

        The form's own key alone would not do: a browser's Back brings the sent form with its old key, and the new text
        in it would pass for a repetition of the old one and be lost.
        """
        if not self.cleaned_data["key"]:
            return ""
        sent = f"{self.cleaned_data['key']} {self.picture.name if self.picture else ''} {self.cleaned_data['text']}"
        return hashlib.sha256(sent.encode()).hexdigest()

    def refuse(self, error: ValidationError) -> None:
        """Show what the service objects to, beside the field it names if this form has it."""
        for name, messages in error.message_dict.items():
            self.add_error(name if name in self.fields else NON_FIELD_ERRORS, messages)

    def ask_again(self, message: str) -> None:
        """Show the message and let the next sending count as a new intention to post."""
        self.data = {**self.cleaned_data, "key": secrets.token_urlsafe(16)}
        self.add_error("text", message)
