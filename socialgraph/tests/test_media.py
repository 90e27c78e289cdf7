"""Stored images are served, and nothing else that lies beside them."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings

NAME = f"avatars/0a/{'1b' * 31}.webp"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    for name in (NAME, NAME.replace("avatars", "media"), NAME.replace("avatars", "other"), "avatars/secret.webp"):
        default_storage.save(name, ContentFile(b"RIFF"))
    (tmp_path / "outside.webp").write_bytes(b"secret")


@pytest.mark.parametrize("folder", ["avatars", "media"])
def test_an_image_is_served_for_ever(client: Client, folder: str) -> None:
    response = client.get(f"/media/{NAME.replace('avatars', folder)}")
    assert b"".join(response.streaming_content) == b"RIFF"  # type: ignore[attr-defined]  # it is a FileResponse
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers
    head = client.head(f"/media/{NAME}")
    head.close()
    assert head.status_code == 200
    assert client.post(f"/media/{NAME}").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "",
        "avatars/",
        "avatars/secret.webp",
        "../outside.webp",
        "avatars/../../outside.webp",
        "avatars/%2e%2e/%2e%2e/outside.webp",
        "%2e%2e%2foutside.webp",
        "//etc/passwd",
        NAME.replace("avatars", "other"),
        NAME.replace("avatars", "AVATARS"),
        NAME.replace("0a/", "0A/"),
        f"{NAME}%0a",
        f"{NAME}/",
        f"{NAME}.php",
        NAME.replace(".webp", ".svg"),
        NAME.replace("1b", "2c"),
    ],
)
def test_nothing_else_is(client: Client, path: str) -> None:
    assert client.get(f"/media/{path}").status_code == 404
