"""The shapes of what is sent about folders and reports. Whether it is good is for the services to say."""

from django import forms

from accounts.models import User
from socialgraph.forms import RefusableForm
from tweets import services
from tweets.models import BookmarkFolder, Reason, Report


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
