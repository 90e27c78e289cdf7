import os
import secrets
from typing import Any

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend
from django.utils import timezone


class PrivateFileBackend(EmailBackend):
    """Mail as files in EMAIL_FILE_PATH, for a site on this machine alone. Only its own account reads them: who has the
    link of a password reset has the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        os.makedirs(settings.EMAIL_FILE_PATH, mode=0o700, exist_ok=True)
        super().__init__(*args, **kwargs)
        self._name = os.path.join(self.file_path, f"{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(6)}.log")

    def _get_filename(self) -> str:
        """One file for each sending. The parent names it by the second and a memory address, and both can repeat."""
        return self._name
