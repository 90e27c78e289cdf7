"""The shapes of what is sent about folders and reports. Whether it is good is for the services to say."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.models import User
from tweets import services
from tweets.models import BookmarkFolder, Reason, Report


class RefusableForm(forms.Form):
    def refuse(self, error: ValidationError) -> None:
        """Show what the service objects to, beside the field it names if this form has it."""
        named = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for name, messages in named.items():
            self.add_error(name if name in self.fields else NON_FIELD_ERRORS, messages)


class FolderForm(RefusableForm):
    name = forms.CharField(
        required=False,
        strip=False,
        label="Name of the folder",
        widget=forms.TextInput(attrs={"maxlength": BookmarkFolder.NAME_LENGTH, "autocomplete": "off"}),
    )

    @property
    def sent_name(self) -> str:
        self.is_valid()
        name: str = self.cleaned_data.get("name", "")
        return name

    def create_for(self, user: User) -> BookmarkFolder:
        """Raises ValidationError."""
        return services.create_folder(user=user, name=self.sent_name)


class ReportForm(RefusableForm):
    reason = forms.ChoiceField(choices=Reason.choices, required=False, label="What is wrong?", widget=forms.RadioSelect)
    comment = forms.CharField(
        required=False,
        label="What should the moderators know?",
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": Report.COMMENT_LENGTH}),
    )
