"""The shape of what pages are asked and sent."""

import hashlib
import re
import secrets
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from accounts.models import User
from socialgraph.forms import RefusableForm
from socialgraph.images import CannotStore
from socialgraph.pagination import InvalidCursor, decode_cursor
from timelines.pages import Asked
from tweets.models import Draft, Media, PostKey
from tweets.services import describe, discard, upload

AN_ID = re.compile("[0-9]{1,19}")


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


class PostForm(RefusableForm):
    """What somebody wants to post. Whether it is fit to be posted is for `post_tweet` to say.

    Images are stored as they come (`tweets.services.upload`), before anything is posted, so a form that was refused, or
    that asks for their descriptions first, sends no more than their ids again: `media`, with an `alt_<id>` for each.
    """

    text = forms.CharField(required=False, strip=False)
    images = forms.Field(required=False)
    key = forms.CharField(required=False, max_length=PostKey.KEY_LENGTH)
    next = forms.CharField(required=False)
    draft = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    """The one whose words and images these are, taken back by its author; it goes when they are posted."""
    text_max = settings.TWEET_TEXT_MAX
    media_max = settings.MEDIA_MAX
    bytes_max = settings.IMAGE_BYTES_MAX
    megabytes_max = settings.IMAGE_BYTES_MAX // 1024**2

    @classmethod
    def blank(cls, request: HttpRequest, *, next: str = "") -> "PostForm":
        """An empty form on the page of this request, or on the page `next`."""
        return cls(initial={"key": secrets.token_urlsafe(16), "next": next or request.get_full_path()})

    @classmethod
    def sent(cls, request: HttpRequest) -> "PostForm":
        form = cls(request.POST, request.FILES)
        form.sender = cast(User, request.user)
        return form

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # as the parent takes them
        super().__init__(*args, **kwargs)
        self.sender: User | None = None
        self.pictures: list[Media] = []
        """The sender's, in order; some may have been posted since the form was shown."""

    def fill(self, draft: Draft, pictures: list[Media]) -> None:
        """Let a blank form show what the draft has."""
        self.initial = {**self.initial, "text": draft.text, "draft": draft.pk}
        self.pictures = pictures

    def clean(self) -> None:
        if self.sender is None:
            return
        sent = dict.fromkeys(cast(QueryDict, self.data).getlist("media"))
        ids = [int(value) for value in sent if AN_ID.fullmatch(value) and int(value) < 2**63][: self.media_max]
        found = Media.objects.filter(owner=self.sender).in_bulk(ids)
        self.pictures = [found[media_id] for media_id in ids if media_id in found]
        if len(found) < len(sent):
            self.add_error("images", "An image was kept for a day only, and is gone. Add it again.")
        for media in self.waiting:
            self._look_at(media, alt=self.data.get(f"alt_{media.pk}", "").strip())
        for file in self.files.getlist("images"):
            self._take(self.sender, file)

    def _look_at(self, media: Media, *, alt: str) -> None:
        if self.data.get("drop") == str(media.pk):
            discard(media=media)
            self.pictures.remove(media)
            return
        try:
            if alt != media.alt:
                describe(media=media, alt=alt)
        except ValidationError as error:
            media.alt = alt
            self.add_error("images", error.messages)

    def _take(self, sender: User, file: "UploadedFile[Any]") -> None:
        try:
            if len(self.waiting) >= self.media_max:
                raise ValidationError(f"A post has at most {self.media_max} images.")
            self.pictures.append(upload(owner=sender, file=file))
        except CannotStore as error:
            self.add_error("images", str(error))
        except ValidationError as error:
            self.add_error("images", [f"{file.name}: {message}" for message in error.messages])

    @property
    def waiting(self) -> list[Media]:
        return [media for media in self.pictures if media.tweet_id is None]

    @property
    def is_unfinished(self) -> bool:
        """Its sender wants to see its images, or drop one, before anything is posted."""
        return "add" in self.data or "drop" in self.data

    @property
    def posting_key(self) -> str:
        """The same for the same text and images sent twice, another one for others.

        The form's own key alone would not do: a browser's Back brings the sent form with its old key, and the new text
        in it would pass for a repetition of the old one and be lost.
        """
        if not self.cleaned_data["key"]:
            return ""
        names = " ".join(str(media.file) for media in self.pictures)
        return hashlib.sha256(f"{self.cleaned_data['key']} {names} {self.cleaned_data['text']}".encode()).hexdigest()

    def ask_again(self, message: str) -> None:
        """Show the message and let the next sending count as a new intention to post."""
        self.data = {**self.cleaned_data, "key": secrets.token_urlsafe(16)}
        self.add_error("text", message)
