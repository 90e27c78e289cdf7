"""Where mail goes: into private files on a machine of one's own, through a server elsewhere."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.mail import send_mail
from pytest_django import Settings

BASE = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "socialgraph.settings",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "example.org",
    "DATABASE_URL": "postgres://u:p@localhost/d",
    "REDIS_URL": "redis://localhost",
}
FILES, SMTP = "socialgraph.mail.PrivateFileBackend", "django.core.mail.backends.smtp.EmailBackend"
NAMES = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")


def load(**environment: str) -> dict[str, object]:
    """The settings of mail in a fresh process with this environment and nothing else."""
    code = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {NAMES}]))"
    command = [sys.executable, "-c", code]
    shown = subprocess.check_output(command, cwd=django_settings.BASE_DIR, env=BASE | environment, text=True)
    return dict(zip(NAMES, json.loads(shown), strict=True))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LOCAL": "on"}, (FILES, "localhost", 25, "", "", False)),
        ({}, (SMTP, "localhost", 25, None, None, False)),
        ({"EMAIL_URL": "", "MAIL_FROM": ""}, (SMTP, "localhost", 25, None, None, False)),  # as compose passes them
        (
            {"EMAIL_URL": "smtp+tls://me:s%40cret@mail.example.org:587"},
            (SMTP, "mail.example.org", 587, "me", "s@cret", True),
        ),
        (
            {"EMAIL_URL": "smtp://mail.example.org:2525", "LOCAL": "on"},
            (SMTP, "mail.example.org", 2525, None, None, False),
        ),
    ],
)
def test_where_mail_goes(environment: dict[str, str], expected: tuple[object, ...]) -> None:
    assert tuple(load(**environment).values()) == expected


def test_files_are_for_their_owner_alone(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = FILES, str(tmp_path / "mail")
    for number in range(10, 40):
        send_mail(f"Number {number}", "Text.", None, ["ada@example.org"])
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700
    texts = [file.read_text() for file in (tmp_path / "mail").iterdir()]
    assert sorted(text.partition("Subject: ")[2][:9] for text in texts) == [f"Number {n}" for n in range(10, 40)]
    assert all("From: Socialgraph <noreply@localhost>" in text for text in texts)
