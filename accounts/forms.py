"""The shape of what the account pages are sent. What a good name, address, password or picture is, services know."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import services
from accounts.models import User
from socialgraph.forms import RefusableForm

NAME_ATTRIBUTES = {"autocapitalize": "none", "spellcheck": "false"}
PASSWORD_HELP = "8 characters or more, and no password that others use too."


def _password(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, widget=widget, help_text=help_text)


def _email(label: str, help_text: str = "") -> forms.CharField:
    widget = forms.EmailInput(attrs={"autocomplete": "email", **NAME_ATTRIBUTES})
    return forms.CharField(label=label, max_length=254, widget=widget, help_text=help_text)


def _plain(field: forms.Field, label: str, help_text: str = "", **attributes: str) -> None:
    """Give a field of allauth's our words, and none inside the box, where they vanish."""
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class SignUpForm(RefusableForm):
    """For allauth's sign-up view, with a `try_save` that raises ValidationError."""

    by_passkey = False
    names = {"password": "password1"}
    username = forms.CharField(
        label="User name",
        max_length=15,
        help_text="Up to 15 letters, digits and _. It is part of your page's address.",
        widget=forms.TextInput(attrs={"autocomplete": "username", **NAME_ATTRIBUTES}),
    )
    email = _email("E-mail address", "Others do not see it.")
    display_name = forms.CharField(
        label="Name to show",
        max_length=50,
        required=False,
        help_text="Any name, in any script. You can leave it out and change it later.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = _password("Password", "new-password", PASSWORD_HELP)

    def try_save(self, request: HttpRequest) -> tuple[User, None]:
        sent = self.cleaned_data
        user = services.register(
            username=sent["username"],
            email=sent["email"],
            password=sent["password1"],
            display_name=sent["display_name"],
        )
        return user, None


class LogInForm(allauth.LoginForm):  # type: ignore[misc]  # the library is untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["login"], "User name or e-mail address", autocomplete="username", **NAME_ATTRIBUTES)
        _plain(self.fields["password"], "Password")


class AskForResetForm(allauth.ResetPasswordForm):  # type: ignore[misc]  # the library is untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["email"], "E-mail address", **NAME_ATTRIBUTES)

    users: list[User]

    def clean_email(self) -> str:
        """Who has left may have forgotten the password by which they come back."""
        email: str = super().clean_email()
        if not self.users:
            users = filter_users_by_email(email, is_active=False, prefer_verified=True, for_login=True)
            self.users = [user for user in users if user.deactivated_at]
        return email


class ResetPasswordForm(allauth.ResetPasswordKeyForm):  # type: ignore[misc]  # the library is untyped
    password2 = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["password1"], "New password", PASSWORD_HELP)


class ChangePasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]  # the library is untyped
    password2 = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["oldpassword"], "Your password now")
        _plain(self.fields["password1"], "New password", PASSWORD_HELP)


class PasswordForm(RefusableForm):
    """For what an open browser is not enough for."""

    password = _password("Your password", "current-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError("This is not your password.")
        return password


class LeaveForm(PasswordForm):
    def save(self) -> bool:
        return services.leave(user=self.user, password=self.cleaned_data["password"])


class DeleteAccountForm(PasswordForm):
    username = forms.CharField(
        label="Your user name",
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "off", **NAME_ATTRIBUTES}),
    )
    field_order = ("username", "password")

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if username.removeprefix("@").lower() != self.user.username.lower():
            raise ValidationError(f"Type {self.user.username}, the name of the account that is to go.")
        return username

    def save(self) -> bool:
        return services.leave_for_good(user=self.user, password=self.cleaned_data["password"])


class EmailForm(PasswordForm):
    """Who changes the address can take over the account."""

    email = _email("New e-mail address", "It counts once you open the link that we send there.")
    field_order = ("email", "password")

    def save(self) -> EmailAddress:
        return services.ask_for_email(user=self.user, email=self.cleaned_data["email"])


class ProfileForm(RefusableForm):
    display_name = forms.CharField(
        label="Name to show", max_length=50, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    bio = forms.CharField(
        label="About you",
        required=False,
        help_text=f"Up to {settings.BIO_MAX} characters.",
        widget=forms.Textarea(attrs={"rows": "4", "maxlength": str(settings.BIO_MAX)}),
    )
    region = forms.CharField(
        label="Where you are",
        max_length=40,
        required=False,
        help_text="A town or a country, if you like.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    avatar = forms.FileField(
        label="Picture",
        required=False,
        allow_empty_file=True,
        help_text=f"JPEG, PNG, WebP or GIF, up to {settings.IMAGE_BYTES_MAX // 1024**2} MB. It is cut to a square.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    removes_avatar = forms.BooleanField(label="Remove the picture", required=False)

    @classmethod
    def of(cls, user: User) -> "ProfileForm":
        return cls(initial={name: getattr(user, name) for name in ("display_name", "bio", "region")})

    def save(self, user: User) -> bool:
        return services.edit_profile(user=user, **self.cleaned_data)


class PostingForm(forms.Form):
    seconds = forms.TypedChoiceField(
        label="Time to undo a post",
        coerce=int,
        choices=[(n, f"{n} seconds" if n else "Post at once") for n in settings.UNDO_SEND_SECONDS],
        help_text="What you post waits for so long, seen by nobody else, and one click takes it back.",
    )

    @classmethod
    def of(cls, user: User) -> "PostingForm":
        return cls(initial={"seconds": services.undo_send_seconds(user)})

    def save(self, user: User) -> bool:
        return services.choose_undo_send(user=user, seconds=self.cleaned_data["seconds"])
