"""Posts with images, as forms without a script and by htmx; what is refused keeps the images that came with it."""

import re
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from socialgraph import events
from timelines.tests.site import HTMX, Response, html, logged_in, person
from tweets import services
from tweets.models import Media, Tweet
from tweets.tests.images import drawing, uploaded

pytestmark = pytest.mark.django_db
COLOURS = ("red", "green", "blue", "black", "white")


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def client(ada: User) -> Client:
    return logged_in(ada)


def drawings(count: int) -> list[SimpleUploadedFile]:
    return [drawing(colour) for colour in COLOURS[:count]]


def kept(response: Response) -> list[str]:
    """The ids of the images that the composer holds."""
    return re.findall(r'name="media" value="(\d+)"', html(response))


def test_an_image_is_stored_and_shown(client: Client) -> None:
    response = client.post("/compose/", {"text": "Look.", "images": drawing()}, headers=HTMX)
    media = Media.objects.get()
    assert (media.width, media.height, media.alt, media.position) == (30, 20, "", 0)
    assert media.tweet is not None
    assert media.tweet.media_count == 1
    with default_storage.open(str(media.file)) as file:
        assert Image.open(file).format == "WEBP"
    image = f'<img src="/media/{media.file.name}" alt="Image without a description" width="30" height="20"'
    assert image in html(response)
    assert image in html(client.get(f"/tweets/{media.tweet_id}/"))
    assert kept(response) == []  # the next composer


def test_images_are_chosen_then_described_then_posted(client: Client) -> None:
    added = client.post("/compose/", {"text": "Look.", "images": drawings(3), "add": "1"})
    assert (added.status_code, Tweet.objects.count()) == (200, 0)
    first, second, third = kept(added)
    assert "Look." in html(added)
    more = client.post(
        "/compose/",
        {"text": "Look.", "media": [first, second, third], f"alt_{first}": 'A "red" field', "drop": second},
    )
    assert (more.status_code, kept(more)) == (200, [first, third])
    assert 'rows="2" dir="auto">\nA &quot;red&quot; field</textarea>' in html(more)
    words = {f"alt_{first}": "Red, and red again", f"alt_{third}": "Blue"}
    client.post("/compose/", {"text": "Look.", "media": [third, first], "images": drawing("black"), **words})
    tweet = Tweet.objects.get()
    assert [media.alt for media in tweet.media.order_by("position")] == ["Blue", "Red, and red again", ""]
    assert (tweet.media_count, Media.objects.count()) == (3, 3)


def test_beside_an_image_the_text_may_be_empty(client: Client) -> None:
    assert client.post("/compose/", {"text": " ", "images": drawing()}).status_code == 302
    assert Tweet.objects.get().text == ""


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_refused_text_keeps_the_images_and_their_words(client: Client, headers: dict[str, str] | None) -> None:
    refused = client.post("/compose/", {"text": "x" * 281, "images": drawings(2)}, headers=headers)
    assert refused.status_code == 422
    first, second = kept(refused)
    sent = {"media": [first, second], f"alt_{second}": "Green"}
    again = client.post("/compose/", {"text": "y" * 281, **sent}, headers=headers)
    assert (again.status_code, kept(again)) == (422, [first, second])
    assert "Green</textarea>" in html(again)
    client.post("/compose/", {"text": "Short.", **sent}, headers=headers)
    tweet = Tweet.objects.get()
    assert [(media.alt, media.width) for media in tweet.media.order_by("position")] == [("", 30), ("Green", 30)]


def test_htmx_takes_a_composer_with_new_images_for_the_composer(client: Client) -> None:
    assert client.post("/compose/", {"images": drawing(), "add": "1"}, headers=HTMX).status_code == 422


@pytest.mark.parametrize("value", ["1", "0", "9" * 19, "9" * 30, "../secrets", "", "-1", "²"])
def test_a_made_up_image_is_said_to_be_gone(client: Client, value: str) -> None:
    refused = client.post("/compose/", {"text": "Short.", "media": value})
    assert (refused.status_code, Tweet.objects.count()) == (422, 0)
    assert "An image was kept for a day only, and is gone." in html(refused)


def test_nobody_posts_describes_or_drops_the_image_of_another(client: Client) -> None:
    others = uploaded(person("bob"), alt="Mine")
    for change in ({}, {"drop": others.pk}, {f"alt_{others.pk}": "Yours"}):
        refused = client.post("/compose/", {"text": "Short.", "media": others.pk, **change})
        assert (refused.status_code, kept(refused)) == (422, [])
    others.refresh_from_db()
    assert (others.alt, others.tweet, Tweet.objects.count()) == ("Mine", None, 0)


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (
            SimpleUploadedFile("a.png", b"<svg onload=alert(1)>", "image/png"),
            "a.png: This is no image that can be read",
        ),
        (SimpleUploadedFile("<b>.png", b"", "image/png"), "&lt;b&gt;.png: This is no image that can be read"),
        (drawings(5), "drawing.png: A post has at most 4 images."),
    ],
)
def test_a_bad_image_is_refused_and_the_text_stays(client: Client, sent: object, complaint: str) -> None:
    refused = client.post("/compose/", {"text": "Look at <this>.", "images": sent})
    assert refused.status_code == 422
    assert complaint in html(refused)
    assert "Look at &lt;this&gt;." in html(refused)
    assert not Tweet.objects.exists()


def test_beside_a_bad_image_the_good_ones_stay(client: Client) -> None:
    bad = SimpleUploadedFile("bad.png", b"bad")
    refused = client.post("/compose/", {"text": "Look.", "images": [drawing(), bad, drawing("blue")]})
    assert len(kept(refused)) == 2


def test_words_that_are_too_long_are_refused_and_kept(client: Client) -> None:
    [media_id] = kept(client.post("/compose/", {"images": drawing(), "add": "1"}))
    refused = client.post("/compose/", {"text": "Look.", "media": media_id, f"alt_{media_id}": "x" * 1001})
    assert refused.status_code == 422
    assert "The description is too long: use at most 1000 characters." in html(refused)
    assert "x" * 1001 in html(refused)
    assert not Tweet.objects.exists()


def test_four_of_the_largest_images_pass_and_more_is_refused_before_it_is_stored(
    client: Client, settings: Settings
) -> None:
    settings.IMAGE_BYTES_MAX = 1024
    four = [SimpleUploadedFile("a.png", b"x" * 1024) for _ in range(4)]
    assert client.post("/compose/", {"text": "Look.", "images": four}).status_code == 422  # read, and no images
    huge = SimpleUploadedFile("a.png", b"x" * (4 * 1024 + 64 * 1024), "image/png")
    assert client.post("/compose/", {"text": "Look.", "images": huge}).status_code == 400
    assert not Tweet.objects.exists()


def test_one_form_sent_twice_with_its_image_posts_once_and_with_another_one_twice(client: Client) -> None:
    for image in (drawing(), drawing(), drawing("blue")):
        client.post("/compose/", {"text": "Look.", "key": "k", "images": image})
    assert Tweet.objects.count() == 2
    assert Media.objects.count() == 2  # of the repetition nothing is left


def test_one_form_sent_twice_with_the_same_waiting_image_posts_once(client: Client, ada: User) -> None:
    sent = {"text": "Look.", "key": "k", "media": uploaded(ada).pk}
    assert [client.post("/compose/", sent).status_code for _ in range(2)] == [302, 302]
    assert Tweet.objects.count() == 1


def test_an_image_that_was_posted_is_not_posted_again(client: Client, ada: User) -> None:
    sent = {"media": uploaded(ada).pk}
    client.post("/compose/", {"text": "Look.", "key": "k", **sent})
    refused = client.post("/compose/", {"text": "Look again.", "key": "l", **sent})
    assert (refused.status_code, kept(refused), Tweet.objects.count()) == (422, [], 1)
    assert "was posted already" in html(refused)


def test_a_reply_and_a_quote_have_images_too(client: Client, ada: User) -> None:
    tweet = services.post_tweet(author=ada, text="Look.").tweet
    for path in ("reply", "quote"):
        [media_id] = kept(client.post(f"/tweets/{tweet.pk}/{path}/", {"images": drawing(), "add": "1"}))
        client.post(f"/tweets/{tweet.pk}/{path}/", {"text": "Here.", "media": media_id})
    assert (
        Media.objects.filter(tweet__reply_to=tweet).count() == Media.objects.filter(tweet__quote_of=tweet).count() == 1
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_card_shows_thumbnails_over_a_few_pixels_and_links_to_the_images(
    client: Client, ada: User, count: int
) -> None:
    ids = [uploaded(ada, colour, (1300, 975), alt=colour).pk for colour in COLOURS[:count]]
    tweet = services.post_tweet(author=ada, text="Look.", media_ids=ids).tweet
    before = html(client.get(f"/tweets/{tweet.pk}/"))
    events.drain()
    after = html(client.get(f"/tweets/{tweet.pk}/"))
    for media in Media.objects.all():
        link = f'href="/media/{media.file}"'
        assert link in before
        assert link in after
        assert f'src="/media/{media.file}" alt="{media.alt}"' in before  # before a worker came
        assert f'src="/media/{media.thumbnail}" alt="{media.alt}"' in after
        assert f'src="{media.placeholder}" alt=""' in after
    assert "style=" not in after


def test_the_policy_allows_the_few_pixels_and_no_foreign_place(client: Client) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "img-src 'self' blob: data:" in policy.split("; ")
