"""What the forms of all pages share."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class RefusableForm(forms.Form):
    """Services say whether what was sent is good; the form shows what they object to."""

    names: dict[str, str] = {}
    """What services call a field that has another name here."""

    def refuse(self, error: ValidationError) -> None:
        """Show each message beside the field it names if this form has it."""
        named = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for name, messages in named.items():
            field = self.names.get(name, name)
            self.add_error(field if field in self.fields else NON_FIELD_ERRORS, messages)
