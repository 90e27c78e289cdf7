"""What the pages of mutes and of words are sent."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import services
from accounts.forms import NAME_ATTRIBUTES
from accounts.models import MutedWord, User
from socialgraph.forms import RefusableForm


def _spans() -> list[tuple[str, str]]:
    """The choices of how long, by hours; none of them is for good."""
    words = {1: "1 hour", 24: "1 day"}
    return [("", "Until you end it"), *((str(n), words.get(n, f"{n // 24} days")) for n in settings.MUTE_HOURS)]


class SpanField(forms.TypedChoiceField):
    """How long something lasts: the moment it ends, or None."""

    def __init__(self, **kwargs: Any) -> None:  # the parent's many options
        super().__init__(choices=_spans, coerce=int, empty_value=None, required=False, **kwargs)

    def clean(self, value: object) -> dt.datetime | None:
        hours: int | None = super().clean(value)
        return None if hours is None else timezone.now() + dt.timedelta(hours=hours)


class MuteForm(RefusableForm):
    until = SpanField(label="How long", widget=forms.RadioSelect)


class MutedWordForm(RefusableForm):
    word = forms.CharField(
        label="A word, a phrase or a #hashtag",
        max_length=MutedWord.LENGTH,
        help_text="Large or small letters are the same. It is found as a whole: “cat” hides “Cat!” and not “cats”.",
        widget=forms.TextInput(attrs={"autocomplete": "off", **NAME_ATTRIBUTES}),
    )
    until = SpanField(label="How long")

    def save(self, user: User) -> MutedWord | None:
        """None when it is refused; the form then says why."""
        try:
            return services.mute_word(user=user, word=self.cleaned_data["word"], until=self.cleaned_data["until"])
        except ValidationError as error:
            self.refuse(error)
            return None
