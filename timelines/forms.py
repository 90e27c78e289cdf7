"""The shape of what pages are asked and sent."""

import hashlib
import secrets

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest

from socialgraph.pagination import InvalidCursor, decode_cursor
from timelines.pages import Asked
from tweets.models import PostKey


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
    """What somebody wants to post. Whether the text is fit to be posted is for `post_tweet` to say."""

    text = forms.CharField(required=False, strip=False)
    key = forms.CharField(required=False, max_length=PostKey.KEY_LENGTH)
    next = forms.CharField(required=False)
    text_max = settings.TWEET_TEXT_MAX

    @classmethod
    def blank(cls, request: HttpRequest, *, next: str = "") -> "PostForm":
        """An empty form on the page of this request, or on the page `next`."""
        return cls(initial={"key": secrets.token_urlsafe(16), "next": next or request.get_full_path()})

    @property
    def posting_key(self) -> str:
        """The same for the same text sent twice, another one for another text.

        The form's own key alone would not do: a browser's Back brings the sent form with its old key, and the new text
        in it would pass for a repetition of the old one and be lost.
        """
        if not self.cleaned_data["key"]:
            return ""
        sent = f"{self.cleaned_data['key']} {self.cleaned_data['text']}"
        return hashlib.sha256(sent.encode()).hexdigest()

    def refuse(self, error: ValidationError) -> None:
        """Show what the service objects to, beside the field it names if this form has it."""
        for name, messages in error.message_dict.items():
            self.add_error(name if name in self.fields else NON_FIELD_ERRORS, messages)

    def ask_again(self, message: str) -> None:
        """Show the message and let the next sending count as a new intention to post."""
        self.data = {**self.cleaned_data, "key": secrets.token_urlsafe(16)}
        self.add_error("text", message)
