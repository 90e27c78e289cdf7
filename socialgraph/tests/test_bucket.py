"""Pictures in a bucket of a real server that speaks S3 (moto's, in a thread of its own)."""

import io
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.test import Client
from moto.server import ThreadedMotoServer
from PIL import Image
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.tests.test_settings import PRODUCTION
from tweets import services
from tweets.models import Media
from tweets.tests.images import drawing, uploaded

pytestmark = pytest.mark.django_db

BUCKET = "pictures"


def loaded(**environment: str) -> dict[str, Any]:
    """What production has for settings with these variables."""
    code = (
        "import json; from django.conf import settings as s; print(json.dumps({"
        "'storage': s.STORAGES['default'], 'images': s.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src']}))"
    )
    shown = subprocess.check_output(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "socialgraph.settings", **PRODUCTION, **environment},
        text=True,
    )
    found: dict[str, Any] = json.loads(shown)
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The bucket as its owner sees it; the product keeps its pictures there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anybody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    made = boto3.resource("s3", endpoint_url=server, region_name="us-east-1").Bucket(BUCKET)
    made.create()
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    made.Policy().put(Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))
    settings.STORAGES = settings.STORAGES | {
        "default": loaded(S3_BUCKET=BUCKET, S3_ENDPOINT_URL=f"{server}/", S3_REGION="us-east-1")["storage"]
    }
    settings.S3_BUCKET = BUCKET
    yield made
    made.objects.all().delete()
    made.delete()


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


def names(bucket: Any) -> set[str]:
    return {found.key for found in bucket.objects.all()}


def test_an_image_lives_and_dies_in_the_bucket(
    bucket: Any, server: str, ada: User, tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path
    tweet = services.post_tweet(author=ada, text="Look.", media_ids=[uploaded(ada, size=(900, 600)).pk]).tweet
    uploaded(ada, size=(900, 600))  # the same content is one object
    events.drain()
    media = Media.objects.get(tweet=tweet)
    assert names(bucket) == {media.file.name, media.thumbnail.name}
    assert list(tmp_path.iterdir()) == []
    page = Client().get(f"/tweets/{tweet.pk}/").content.decode()
    assert f'href="{server}/{BUCKET}/{media.file.name}"' in page
    assert f'src="{server}/{BUCKET}/{media.thumbnail.name}"' in page
    [shown] = Client().get(f"/api/tweets/{tweet.pk}").json()["media"]
    with urllib.request.urlopen(shown["thumbnail_url"]) as answer:
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert Image.open(io.BytesIO(answer.read())).size == (640, 427)
    services.delete_tweet(tweet=tweet, by=ada)
    events.drain()
    assert names(bucket) == {media.file.name, media.thumbnail.name}  # for the second one
    services.discard(media=Media.objects.get())
    events.drain()
    assert names(bucket) == set()


def test_a_picture_of_a_person_too(bucket: Any, server: str, ada: User) -> None:
    accounts.edit_profile(user=ada, display_name="A", bio="", region="", avatar=drawing())
    assert ada.avatar_url == f"{server}/{BUCKET}/{ada.avatar}"
    assert names(bucket) == {str(ada.avatar)}


def test_an_old_address_leads_to_the_bucket(bucket: Any, server: str, client: Client) -> None:
    name = f"media/0a/{'1b' * 31}.webp"
    response = client.get(f"/media/{name}")
    assert (response.status_code, response.headers["Location"]) == (302, f"{server}/{BUCKET}/{name}")


def test_a_bucket_that_does_not_answer_is_said_and_nothing_is_stored(
    bucket: Any, settings: Settings, ada: User
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    options = settings.STORAGES["default"]["OPTIONS"] | {"endpoint_url": nowhere}
    settings.STORAGES = settings.STORAGES | {"default": {**settings.STORAGES["default"], "OPTIONS": options}}
    browser = Client()
    browser.force_login(ada)
    page = browser.post("/compose/", {"text": "Look.", "images": drawing()})
    assert page.status_code == 422
    assert "The image could not be stored. Try again in a moment." in page.content.decode()
    problem = browser.post("/api/media", {"image": drawing()})
    assert (problem.status_code, problem.headers["Retry-After"]) == (503, "5")
    assert problem.json()["detail"] == "The image could not be stored. Try again in a moment."
    assert not Media.objects.exists()


@pytest.mark.parametrize(
    ("environment", "address", "origin"),
    [
        ({}, "https://pictures.s3.amazonaws.com/a", "https://pictures.s3.amazonaws.com"),
        (
            {"S3_ENDPOINT_URL": "https://s3.example:9000"},
            "https://s3.example:9000/pictures/a",
            "https://s3.example:9000",
        ),
        ({"S3_PUBLIC_URL": "https://cdn.example/p/"}, "https://cdn.example/p/a", "https://cdn.example"),
    ],
)
def test_browsers_are_sent_to_the_public_place_and_allowed_there(
    settings: Settings, environment: dict[str, str], address: str, origin: str
) -> None:
    found = loaded(S3_BUCKET=BUCKET, **environment)
    settings.STORAGES = settings.STORAGES | {"default": found["storage"]}
    assert default_storage.url("a") == address
    assert found["images"] == ["'self'", "blob:", "data:", origin]


def test_without_a_bucket_files_are_local() -> None:
    found = loaded()
    assert found["storage"]["BACKEND"] == "django.core.files.storage.FileSystemStorage"
    assert found["images"] == ["'self'", "blob:", "data:"]
