from django.core.exceptions import ValidationError

from accounts.models import User

PASSWORD_MAX = 128  # hashing and judging a longer one costs the server more than it protects


class MaximumLengthValidator:
    """One of AUTH_PASSWORD_VALIDATORS, so it holds for sign-up, change and reset alike."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > PASSWORD_MAX:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"Use at most {PASSWORD_MAX} characters."
