"""A post with an image: as a form and by htmx; a refused text keeps the image that came with it."""

import io
import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from timelines.tests.site import HTMX, html, logged_in, person
from tweets.models import Media, Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def client(ada: User) -> Client:
    return logged_in(ada)


def drawing(colour: str = "red") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(file, "PNG")
    return SimpleUploadedFile("drawing.png", file.getvalue(), "image/png")


def kept(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found
    return found[1]


def test_an_image_is_stored_and_shown_with_its_description(client: Client) -> None:
    response = client.post("/compose/", {"text": "Look.", "image": drawing(), "alt": 'A "red" field'}, headers=HTMX)
    media = Media.objects.get()
    assert (media.width, media.height, media.alt, media.position) == (30, 20, 'A "red" field', 0)
    assert media.tweet is not None
    assert media.tweet.media_count == 1
    with default_storage.open(str(media.file)) as file:
        assert Image.open(file).format == "WEBP"
    image = f'<img src="/media/{media.file.name}" alt="A &quot;red&quot; field" width="30" height="20"'
    assert image in html(response)
    assert image in html(client.get(f"/tweets/{media.tweet_id}/"))
    [shown] = client.get(f"/api/tweets/{media.tweet_id}").json()["media"]
    assert shown == {
        "url": f"http://testserver/media/{media.file.name}",
        "width": 30,
        "height": 20,
        "alt": 'A "red" field',
    }


def test_beside_an_image_the_text_may_be_empty(client: Client) -> None:
    assert client.post("/compose/", {"text": " ", "image": drawing()}).status_code == 302
    assert Tweet.objects.get().text == ""


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_refused_text_keeps_the_image(client: Client, headers: dict[str, str] | None) -> None:
    sent = {"text": "x" * 281, "image": drawing(), "alt": "Red"}
    refused = client.post("/compose/", sent, headers=headers)
    assert refused.status_code == 422
    assert 'value="Red"' in html(refused)
    client.post("/compose/", {"text": "Short.", "kept": kept(html(refused)), "alt": "Red"}, headers=headers)
    media = Media.objects.get()
    assert media.tweet is not None
    assert (media.tweet.text, media.alt, media.width) == ("Short.", "Red", 30)


def test_a_kept_image_can_be_left_out(client: Client) -> None:
    refused = client.post("/compose/", {"text": "x" * 281, "image": drawing()})
    client.post("/compose/", {"text": "Short.", "kept": kept(html(refused)), "without_image": "on"})
    assert Tweet.objects.get().media_count == 0


def test_a_forged_place_of_an_image_is_not_taken(client: Client) -> None:
    client.post("/compose/", {"text": "Short.", "kept": '["../secrets", 1, 1]:x:y'})
    assert not Media.objects.exists()


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({"image": SimpleUploadedFile("a.png", b"<svg onload=alert(1)>", "image/png")}, "no image that can be read"),
        ({"image": SimpleUploadedFile("a.png", b"", "image/png")}, "empty"),
        ({"image": drawing(), "alt": "x" * 1001}, "The description is too long: use at most 1000 characters."),
    ],
)
def test_a_bad_image_is_refused_and_the_text_stays(client: Client, sent: dict[str, object], complaint: str) -> None:
    refused = client.post("/compose/", {"text": "Look at <this>.", **sent})
    assert refused.status_code == 422
    assert complaint in html(refused)
    assert "Look at &lt;this&gt;." in html(refused)
    assert not Tweet.objects.exists()


def test_a_form_that_is_far_too_large_is_refused_before_it_is_stored(client: Client, settings: Settings) -> None:
    settings.IMAGE_BYTES_MAX = 1024
    huge = SimpleUploadedFile("a.png", b"x" * (1024 + 64 * 1024), "image/png")
    assert client.post("/compose/", {"text": "Look.", "image": huge}).status_code == 400
    assert not Tweet.objects.exists()


def test_one_form_sent_twice_with_its_image_posts_once_and_with_another_one_twice(client: Client) -> None:
    for image in (drawing(), drawing(), drawing("blue")):
        client.post("/compose/", {"text": "Look.", "key": "k", "image": image})
    assert Tweet.objects.count() == 2
