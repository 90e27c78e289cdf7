"""Images by the API: sent, described, posted, taken back; and nobody else's."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import events
from tweets.models import Media, Tweet
from tweets.tests.images import drawing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def client(ada: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(ada)
    return client


def send(client: APIClient, size: tuple[int, int] = (30, 20), **fields: object) -> dict[str, str]:
    response = client.post("/api/media", {"image": drawing(size=size), **fields}, format="multipart")
    assert response.status_code == 201
    answer: dict[str, str] = response.json()
    assert response.headers["Location"] == f"http://testserver/api/media/{answer['id']}"
    return answer


def test_an_image_is_sent_described_and_posted(client: APIClient) -> None:
    sent = send(client, size=(900, 600), alt="A field")
    assert sent == {
        "id": sent["id"],
        "url": f"http://testserver/media/{Media.objects.get().file}",
        "thumbnail_url": sent["url"],
        "placeholder": "",
        "width": 900,
        "height": 600,
        "alt": "A field",
    }
    changed = client.patch(f"/api/media/{sent['id']}", {"alt": "A red field"})
    assert (changed.status_code, changed.json()["alt"]) == (200, "A red field")
    posted = client.post("/api/tweets", {"text": "", "media": [sent["id"]]})
    assert posted.status_code == 201
    events.drain()
    [shown] = client.get(f"/api/tweets/{posted.json()['id']}").json()["media"]
    media = Media.objects.get()
    assert shown == sent | {
        "alt": "A red field",
        "thumbnail_url": f"http://testserver/media/{media.thumbnail}",
        "placeholder": media.placeholder,
    }
    assert shown["thumbnail_url"] != shown["url"]


def test_the_images_of_a_tweet_keep_the_order_they_were_named_in(client: APIClient) -> None:
    ids = [send(client)["id"] for _ in range(4)][::-1]
    tweet = client.post("/api/tweets", {"text": "Four.", "media": ids}).json()
    assert [media["id"] for media in tweet["media"]] == ids


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (SimpleUploadedFile("a.png", b"no image"), "This is no image that can be read"),
        (SimpleUploadedFile("a.png", b""), "This is no image that can be read"),
        ("text", "The submitted data was not a file"),
        (None, "No file was submitted"),
    ],
)
def test_what_is_no_image_is_a_problem(client: APIClient, image: object, message: str) -> None:
    sent = {} if image is None else {"image": image}
    problem = client.post("/api/media", sent, format="multipart")
    assert (problem.status_code, problem.headers["Content-Type"]) == (400, "application/problem+json")
    assert message in problem.json()["errors"]["image"][0]
    assert not Media.objects.exists()


def test_what_is_no_form_or_too_large_is_refused(client: APIClient, settings: Settings) -> None:
    assert client.post("/api/media", {"image": "x"}, format="json").status_code == 415
    settings.IMAGE_BYTES_MAX = 1024
    huge = SimpleUploadedFile("a.png", b"x" * (5 * 1024 + 64 * 1024))
    assert client.post("/api/media", {"image": huge}, format="multipart").status_code == 413


@pytest.mark.parametrize("sent", [{"alt": "x" * 1001}, {"alt": 1}, {}])
def test_wrong_words_are_refused(client: APIClient, sent: dict[str, object]) -> None:
    path = f"/api/media/{send(client, alt='Red')['id']}"
    problem = client.patch(path, sent)
    assert (problem.status_code, list(problem.json()["errors"])) == (400, ["alt"])
    assert client.get(path).json()["alt"] == "Red"


def test_an_image_is_its_owners_until_it_is_posted(client: APIClient) -> None:
    path = f"/api/media/{send(client)['id']}"
    other = APIClient()
    assert [other.get(path).status_code, other.delete(path).status_code] == [401, 401]
    assert other.post("/api/media", {"image": drawing()}, format="multipart").status_code == 401
    other.force_authenticate(UserFactory.create())
    assert [other.get(path).status_code, other.patch(path, {"alt": "x"}).status_code] == [404, 404]
    assert other.delete(path).status_code == 404
    taken = other.post("/api/tweets", {"text": "Mine?", "media": [path.rpartition("/")[2]]})
    assert (taken.status_code, list(taken.json()["errors"])) == (400, ["media"])
    assert not Tweet.objects.exists()
    assert client.delete(path).status_code == 204
    assert [client.get(path).status_code, client.delete(path).status_code] == [404, 404]


def test_a_posted_image_is_changed_by_nobody(client: APIClient) -> None:
    media_id = send(client)["id"]
    client.post("/api/tweets", {"text": "Look.", "media": [media_id]})
    path = f"/api/media/{media_id}"
    assert [client.patch(path, {"alt": "x"}).status_code, client.delete(path).status_code] == [404, 404]
    assert Media.objects.count() == 1


@pytest.mark.parametrize("media", ["1", ["x"], [None], [1, 2, 3, 4, 5]])
def test_what_is_no_list_of_ids_is_refused(client: APIClient, media: object) -> None:
    problem = client.post("/api/tweets", {"text": "Look.", "media": media})
    assert (problem.status_code, list(problem.json()["errors"])) == (400, ["media"])


def test_a_page_sends_with_its_session_and_its_token_alone(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.post("/api/media", {"image": drawing()}).status_code == 403
    browser.get("/compose/")
    token = browser.cookies["csrftoken"].value
    assert browser.post("/api/media", {"image": drawing()}, headers={"X-CSRFToken": token}).status_code == 201


def test_uploads_are_counted(client: APIClient, settings: Settings) -> None:
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"upload": (1, 3600)}
    send(client)
    assert client.post("/api/media", {"image": drawing()}, format="multipart").status_code == 429
