"""Images from the upload to the last row that names their file."""

import base64
import datetime as dt
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.models import OutboxEvent
from socialgraph.tests.test_races import at_once
from tweets import services
from tweets.models import Draft, Media, Tweet, TweetVersion
from tweets.tests.images import animated, bomb, drawing, polyglot, taken_at_home, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def bob() -> User:
    return UserFactory.create(username="bob")


def files() -> set[str]:
    """Names of all that is stored."""
    root = Path(default_storage.path(""))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def opened(name: object) -> Image.Image:
    with default_storage.open(str(name)) as file:
        return Image.open(io.BytesIO(file.read()))


def post(author: User, *media: Media, text: str = "Look.", key: str = "") -> Tweet:
    return services.post_tweet(author=author, text=text, key=key, media_ids=[image.pk for image in media]).tweet


def delete(tweet: Tweet) -> None:
    services.delete_tweet(tweet=tweet, by=tweet.author)
    events.drain()


def test_an_upload_is_a_row_that_waits_for_its_tweet(ada: User) -> None:
    media = services.upload(owner=ada, file=drawing(), alt="  A red field ")
    media.refresh_from_db()
    assert (media.tweet, media.owner, media.width, media.height, media.alt) == (None, ada, 30, 20, "A red field")
    assert (media.thumbnail.name, media.placeholder) == ("", "")
    assert files() == {media.file.name}
    assert opened(media.file).format == "WEBP"
    assert OutboxEvent.objects.get().payload == {"media_id": media.pk}


def test_a_worker_makes_the_thumbnail_and_the_placeholder(ada: User, settings: Settings) -> None:
    media = uploaded(ada, size=(1200, 800))
    events.drain()
    media.refresh_from_db()
    assert opened(media.thumbnail).size == (640, 427)
    assert files() == {media.file.name, media.thumbnail.name}
    kind, _, data = media.placeholder.partition(",")
    assert kind == "data:image/webp;base64"
    assert max(Image.open(io.BytesIO(base64.b64decode(data))).size) == 16
    assert len(media.placeholder) < 400
    assert services.make_preview(media_id=media.pk)  # again
    assert files() == {media.file.name, media.thumbnail.name}


def test_a_small_image_is_its_own_thumbnail(ada: User) -> None:
    media = uploaded(ada)
    events.drain()
    media.refresh_from_db()
    assert media.thumbnail.name == ""
    assert media.placeholder


def test_what_can_be_seen_through_has_no_placeholder_behind_it(ada: User) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 100)).save(file, "PNG")
    file.seek(0)
    media = services.upload(owner=ada, file=file)
    events.drain()
    media.refresh_from_db()
    assert media.placeholder == ""


def test_an_image_that_went_before_the_worker_came_is_no_failure(ada: User) -> None:
    services.discard(media=uploaded(ada))
    events.drain()
    assert not OutboxEvent.objects.filter(done_at=None).exists()
    assert files() == set()


def test_up_to_four_keep_their_order_and_words(ada: User) -> None:
    four = [uploaded(ada, colour, alt=colour) for colour in ("red", "green", "blue", "black")]
    tweet = post(ada, *four[::-1], text="")
    assert [media.alt for media in tweet.media.order_by("position")] == ["black", "blue", "green", "red"]
    tweet.refresh_from_db()
    assert tweet.media_count == 4


@pytest.mark.parametrize("case", ["five", "twice", "of another", "posted", "gone", "unknown"])
def test_what_cannot_be_attached_is_refused_and_nothing_is_posted(ada: User, bob: User, case: str) -> None:
    mine, message = uploaded(ada), "no longer here, or was posted already"
    ids = [mine.pk]
    if case == "five":
        ids, message = [uploaded(ada).pk for _ in range(5)], "at most 4 images"
    elif case == "twice":
        ids *= 2
    elif case == "of another":
        ids.append(uploaded(bob).pk)
    elif case == "posted":
        post(ada, mine)
    elif case == "gone":
        services.discard(media=mine)
    else:
        ids.append(1)
    before = Tweet.objects.count()
    with pytest.raises(ValidationError, match=message) as refusal:
        services.post_tweet(author=ada, text="Look.", media_ids=ids, key="k")
    assert list(refusal.value.message_dict) == ["media"]
    assert Tweet.objects.count() == before
    assert not Media.objects.filter(owner=bob).exclude(tweet=None).exists()


def test_a_repeated_key_finds_its_tweet_though_its_images_are_posted(ada: User) -> None:
    media = uploaded(ada)
    assert post(ada, media, key="k") == post(ada, media, key="k")


def test_words_are_changed_until_the_image_is_posted(ada: User) -> None:
    media = uploaded(ada)
    assert services.describe(media=media, alt="Red")
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        services.describe(media=media, alt="x" * 1001)
    post(ada, media)
    assert not services.describe(media=media, alt="Blue")
    assert Media.objects.get().alt == "Red"


def test_words_that_are_too_long_are_refused_before_anything_is_stored(ada: User) -> None:
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        services.upload(owner=ada, file=drawing(), alt="x" * 1001)
    assert (files(), Media.objects.count()) == (set(), 0)


def test_nothing_of_a_photograph_but_its_picture_is_kept(ada: User) -> None:
    media = services.upload(owner=ada, file=taken_at_home())
    events.drain()
    assert (media.width, media.height) == (20, 40)  # upright
    for name in files():
        content = Path(default_storage.path(name)).read_bytes()
        assert not opened(name).getexif()
        assert not any(said in content for said in (b"home", b"EXIF", b"Exif", b"XMP"))


def test_of_an_image_that_is_also_a_page_only_the_image_is_kept(ada: User) -> None:
    media = services.upload(owner=ada, file=polyglot())
    assert b"script" not in Path(default_storage.path(str(media.file))).read_bytes()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_image_the_first_picture_is_kept(ada: User, kind: str) -> None:
    media = services.upload(owner=ada, file=animated(kind))
    picture = opened(media.file)
    assert not getattr(picture, "is_animated", False)
    red, green, blue = picture.convert("RGB").getpixel((8, 8))  # type: ignore[misc]  # three bands
    assert red > 200 > 50 > max(green, blue)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (bomb, "at most 40 megapixels"),
        (lambda: io.BytesIO(b"x" * (8 * 1024**2 + 1)), "at most 8 MB"),
        (lambda: io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "no image that can be read"),
        (lambda: io.BytesIO(b""), "no image that can be read"),
        (lambda: bomb(6_000), "no image that can be read"),
    ],
    ids=["bomb", "bytes", "svg", "empty", "cut"],
)
def test_what_is_no_image_or_too_large_is_refused(ada: User, file: Callable[[], io.BytesIO], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as refusal:
        services.upload(owner=ada, file=file())
    assert list(refusal.value.message_dict) == ["image"]
    assert (files(), Media.objects.count(), OutboxEvent.objects.count()) == (set(), 0, 0)


def test_a_deleted_tweet_takes_its_files_along(ada: User) -> None:
    tweet = post(ada, uploaded(ada, size=(800, 600)), uploaded(ada, "blue"))
    events.drain()
    assert len(files()) == 3
    delete(tweet)
    assert (files(), Media.objects.count()) == (set(), 0)
    events.drain()
    assert not OutboxEvent.objects.filter(done_at=None).exists()


def test_a_file_stays_while_another_tweet_shows_it(ada: User, bob: User) -> None:
    one, other = post(ada, uploaded(ada, size=(800, 600))), post(bob, uploaded(bob, size=(800, 600)))
    events.drain()
    stored = files()
    assert len(stored) == 2  # the same content twice, once with its thumbnail
    delete(one)
    assert files() == stored
    delete(other)
    assert files() == set()


def test_a_file_stays_while_an_earlier_version_shows_it_and_goes_with_the_tweet(ada: User) -> None:
    media = uploaded(ada)
    tweet, other = post(ada, media), post(ada, uploaded(ada))
    picture = {"name": media.file.name, "width": 30, "height": 20, "alt": ""}
    TweetVersion.objects.create(tweet=tweet, version=1, text="Look.", media=[picture], created_at=timezone.now())
    Media.objects.filter(tweet=tweet).delete()
    delete(other)
    assert files() == {media.file.name}
    delete(tweet)
    assert files() == set()


def test_the_images_of_a_tweet_that_is_there_are_not_removed(ada: User) -> None:
    tweet = post(ada, uploaded(ada))
    assert services.remove_media_of_tweet(tweet_id=tweet.pk) == 0
    assert tweet.media.count() == 1


def test_what_was_not_posted_within_a_day_goes_and_what_a_draft_holds_stays(ada: User) -> None:
    old, drafted, young = uploaded(ada), uploaded(ada, "blue"), uploaded(ada, "green")
    posted = post(ada, uploaded(ada, "black")).media.get()
    Draft.objects.create(author=ada, text="Soon.", media_ids=[drafted.pk])
    yesterday = timezone.now() - dt.timedelta(hours=25)
    Media.objects.exclude(pk=young.pk).update(created_at=yesterday)
    assert services.prune_media() == 1
    events.drain()
    assert not Media.objects.filter(pk=old.pk).exists()
    assert files() == {str(media.file) for media in (drafted, young, posted)}


def test_who_uploads_without_end_keeps_the_newest(ada: User, bob: User, settings: Settings) -> None:
    settings.MEDIA_WAITING_MAX = 3
    uploaded(bob)
    post(ada, uploaded(ada, "white"))
    kept = [uploaded(ada, f"rgb({n}, 0, 0)").pk for n in range(0, 100, 20)][-3:]
    assert list(Media.objects.filter(owner=ada, tweet=None).order_by("pk").values_list("pk", flat=True)) == kept
    assert Media.objects.count() == 5


def test_everything_of_an_account_is_removed_in_batches(ada: User, bob: User) -> None:
    post(ada, uploaded(ada), uploaded(ada, "blue"))
    uploaded(ada, "green")
    others = uploaded(bob)
    assert [services.remove_media_of_owner(owner_id=ada.pk, limit=2) for _ in range(3)] == [2, 1, 0]
    events.drain()
    assert files() == {str(others.file)}


def test_a_picture_of_a_person_goes_when_nobody_shows_it(ada: User, bob: User) -> None:
    def show(user: User, colour: str = "") -> None:
        file = drawing(colour) if colour else None
        accounts.edit_profile(user=user, display_name="A", bio="", region="", avatar=file, removes_avatar=not colour)
        events.drain()

    show(ada, "red")
    show(bob, "red")
    [red] = files()
    show(ada, "blue")
    assert len(files()) == 2
    show(bob)
    assert red not in files()
    assert files() == {str(ada.avatar)}


def drop(names: list[str]) -> None:
    for name in names:
        services.delete_file(name=name)


def upload_by(owner: User) -> Callable[[list[str]], None]:
    def upload(names: list[str]) -> None:
        uploaded(owner, size=(700, 20))

    return upload


@pytest.mark.django_db(transaction=True)
def test_the_same_content_is_stored_while_it_is_deleted(ada: User, bob: User) -> None:
    """Whoever comes first: no row is left without its file, and at the end no file without a row."""
    for _ in range(8):
        before = uploaded(ada, size=(700, 20))
        events.drain()
        services.discard(media=before)
        [event] = OutboxEvent.objects.filter(done_at=None, event="files_released")

        at_once([partial(act, event.payload["names"]) for act in (drop, upload_by(bob), drop, upload_by(ada))])
        events.drain()
        assert Media.objects.count() == 2
        for media in Media.objects.all():
            assert {str(media.file), str(media.thumbnail)} == files()
            services.discard(media=media)
        events.drain()
        assert files() == set()


@pytest.mark.django_db(transaction=True)
def test_one_image_is_posted_once_however_many_try(ada: User) -> None:
    media = uploaded(ada)

    def try_to_post(key: str) -> int | None:
        try:
            return int(post(ada, media, key=key).pk)
        except ValidationError:
            return None

    results = at_once([partial(try_to_post, key) for key in ("a", "b", "c", "d")])
    assert len([result for result in results if result]) == 1
    again = at_once([partial(try_to_post, key) for key in ("a", "b", "c", "d")])
    assert {result for result in again if result} == {result for result in results if result}


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_at_once_posts_once(ada: User) -> None:
    media = uploaded(ada)
    first, second = at_once([lambda: post(ada, media, key="k")] * 2)
    assert first == second
    assert Tweet.objects.count() == 1


def test_staff_see_what_was_posted_and_what_waits(ada: User) -> None:
    admin_client = Client()
    admin_client.force_login(UserFactory.create(username="chief", is_staff=True, is_superuser=True))
    posted, waiting = post(ada, uploaded(ada, size=(800, 600))).media.get(), uploaded(ada, "blue")
    events.drain()
    posted.refresh_from_db()
    shown = admin_client.get("/admin/tweets/media/").content.decode()
    assert f'src="/media/{posted.thumbnail}"' in shown
    assert f'src="/media/{waiting.file}"' in shown
    for choice, seen, other in (("no", waiting, posted), ("yes", posted, waiting)):
        page = admin_client.get("/admin/tweets/media/", {"posted": choice}).content.decode()
        assert f"/admin/tweets/media/{seen.pk}/change/" in page
        assert f"/admin/tweets/media/{other.pk}/change/" not in page
    found = admin_client.get("/admin/tweets/media/", {"q": "@ada"}).content.decode()
    assert found.count('src="/media/') == 2
    assert posted.placeholder in admin_client.get(f"/admin/tweets/media/{posted.pk}/change/").content.decode()
