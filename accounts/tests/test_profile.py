"""Editing the own profile: what is shown of a person, and their picture."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import edit_profile
from accounts.tests.factories import UserFactory
from accounts.tests.pages import errors, html, logged_in

pytestmark = pytest.mark.django_db

PAGE = "/accounts/profile/"
FORM = {"display_name": "Ada Lovelace", "bio": "Notes.\r\nMore notes.", "region": "London"}


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


def picture(colour: str = "teal", size: tuple[int, int] = (600, 400), kind: str = "PNG") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return SimpleUploadedFile("../../evil.php", file.getvalue(), "text/html")


def test_what_is_typed_is_saved_tidied(ada: User) -> None:
    client = logged_in(ada)
    response = client.post(PAGE, {**FORM, "display_name": "  Ada Lovela\u0301ce "}, follow=True)
    assert "Your profile is saved." in html(response)
    ada.refresh_from_db()
    assert (ada.display_name, ada.bio, ada.region) == ("Ada Lovel\u00e1ce", "Notes.\nMore notes.", "London")
    assert "Nothing was changed." in html(client.post(PAGE, {**FORM, "display_name": "Ada Lovel\u00e1ce"}, follow=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"display_name": ""}, "This field is required."),
        ({"display_name": "\u200b\u2060"}, "This field cannot be blank."),
        ({"display_name": "two\u2028lines"}, "Use one line of text, without marks that turn its direction round."),
        ({"display_name": "x" * 51}, "Ensure this value has at most 50 characters (it has 51)."),
        ({"bio": "x" * 161}, "Use at most 160 characters: this has 161."),
        ({"bio": "x" * 900}, "Use at most 160 characters: this has 900."),
        ({"region": "two\nlines"}, "Use one line of text, without marks that turn its direction round."),
        ({"region": "x" * 41}, "Ensure this value has at most 40 characters (it has 41)."),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_is_saved(
    ada: User, change: dict[str, str], message: str
) -> None:
    response = logged_in(ada).post(PAGE, {**FORM, **change})
    assert (response.status_code, errors(response)) == (422, [message])
    ada.refresh_from_db()
    assert (ada.display_name, ada.bio, ada.region) == ("Ada", "", "")


def test_a_bio_counts_a_line_break_once(ada: User) -> None:
    logged_in(ada).post(PAGE, {**FORM, "bio": "\r\n".join(["x"] * 80)})
    ada.refresh_from_db()
    assert len(ada.bio) == 159


def test_a_picture_is_made_anew_square_and_served(ada: User, settings: Settings) -> None:
    client = logged_in(ada)
    client.post(PAGE, {**FORM, "avatar": picture()})
    ada.refresh_from_db()
    assert ada.avatar_url.startswith("/media/avatars/")
    response = client.get(ada.avatar_url)
    assert response.headers["Content-Type"] == "image/webp"
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]  # it is a FileResponse
    assert Image.open(BytesIO(content)).size == (settings.AVATAR_SIDE, settings.AVATAR_SIDE)
    user = APIClient().get(f"/api/users/{ada.pk}").json()
    assert user["avatar_url"] == f"http://testserver{ada.avatar_url}"
    assert f'src="{ada.avatar_url}"' in html(client.get(PAGE))
    assert sorted(path.suffix for path in Path(settings.MEDIA_ROOT).rglob("*.*")) == [".webp"]


def test_a_picture_is_replaced_and_removed(ada: User) -> None:
    client, seen = logged_in(ada), []
    for sent in (
        {"avatar": picture("red")},
        {"avatar": picture("blue"), "removes_avatar": "on"},
        {},
        {"removes_avatar": "on"},
    ):
        client.post(PAGE, {**FORM, **sent})
        ada.refresh_from_db()
        seen.append(ada.avatar_url)
    red, blue, same, none = seen
    assert red != blue
    assert (same, none) == (blue, "")
    assert APIClient().get(f"/api/users/{ada.pk}").json()["avatar_url"] is None


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (SimpleUploadedFile("me.png", b"no picture"), "This is no image that can be read: send one of these:"),
        (SimpleUploadedFile("me.png", b""), "This is no image that can be read: send one of these:"),
        (SimpleUploadedFile("me.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "This is no image"),
        (SimpleUploadedFile("big.png", b"\x89PNG" + b"x" * 8 * 1024 * 1024), "send at most 8 MB."),
    ],
)
def test_what_is_no_picture_is_refused(ada: User, file: SimpleUploadedFile, message: str) -> None:
    file.seek(0)
    response = logged_in(ada).post(PAGE, {**FORM, "avatar": file})
    assert response.status_code == 422
    assert message in errors(response)[0]
    assert "Ada Lovelace" in html(response)  # what was typed is kept
    ada.refresh_from_db()
    assert (ada.avatar_url, ada.display_name) == ("", "Ada")


def test_an_edit_writes_no_other_column(ada: User) -> None:
    stale = User.objects.get(pk=ada.pk)
    User.objects.filter(pk=ada.pk).update(follower_count=7, graph_version=3)
    assert edit_profile(user=stale, display_name="Ada L.", bio="", region="") is True
    assert edit_profile(user=stale, display_name="Ada L.", bio="", region="") is False
    ada.refresh_from_db()
    assert (ada.display_name, ada.follower_count, ada.graph_version) == ("Ada L.", 7, 3)


def test_visitors_log_in_first_and_a_form_needs_its_token(ada: User) -> None:
    visitor = logged_in(ada)
    visitor.logout()
    assert visitor.get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"
    assert visitor.post(PAGE, FORM).status_code == 302
    assert logged_in(ada, enforce_csrf_checks=True).post(PAGE, FORM).status_code == 403
    ada.refresh_from_db()
    assert ada.display_name == "Ada"
