"""Images in the composer and on cards, in a real Chromium, with JavaScript and without."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect
from pytest_django import Settings

from accounts.models import User
from socialgraph import events
from timelines.tests.browser import cards, choosing, drawing, is_same_page, log_in, mark
from tweets import services
from tweets.models import Media, Tweet
from tweets.tests.images import uploaded

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = "What it shows, for people who cannot see it"


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def add(page: Page, has_script: bool, *files: FilePayload) -> None:
    with choosing(page, has_script) as choose:
        choose(list(files))
    if not has_script:
        page.get_by_role("button", name="Add images and describe them").click()


def shots(page: Page) -> Locator:
    return page.locator(".shot")


def send(page: Page) -> None:
    page.get_by_role("button", name="Post", exact=True).click()


def natural_width(image: Locator) -> int:
    image.scroll_into_view_if_needed()
    return int(image.evaluate("image => image.decode().then(() => image.naturalWidth)"))


def test_images_with_their_descriptions(page: Page, ada: User, has_script: bool) -> None:
    log_in(page)
    mark(page)
    page.get_by_label("What is happening?").fill("Look.")
    add(page, has_script, drawing(size=(900, 600)), drawing("green"), drawing("blue", size=(20, 30)))
    expect(page.get_by_label(WORDS)).to_have_count(3)
    assert natural_width(shots(page).first.get_by_role("img")) == 900
    for colour, field in zip(("Red", "Green", "Blue"), page.get_by_label(WORDS).all(), strict=True):
        field.fill(f"A field, {colour}")
    shots(page).nth(1).get_by_role("button", name="Remove image").click()
    expect(page.get_by_label(WORDS)).to_have_count(2)
    expect(page.get_by_label("What is happening?")).to_have_value("Look.")
    send(page)
    for colour, width in (("Red", 900), ("Blue", 20)):
        image = cards(page).first.get_by_role("img", name=f"A field, {colour}")
        expect(image).to_be_visible()
        assert natural_width(image) == width
    assert is_same_page(page) is has_script
    expect(shots(page)).to_have_count(0)
    assert [media.alt for media in Tweet.objects.get().media.order_by("position")] == ["A field, Red", "A field, Blue"]
    assert not Media.objects.filter(tweet=None).exists()
    events.drain()
    page.reload()
    assert natural_width(cards(page).first.get_by_role("img", name="A field, Red")) == 640


def test_a_refused_text_keeps_its_images(page: Page, ada: User, has_script: bool) -> None:
    log_in(page)
    page.get_by_label("What is happening?").fill("x" * 281)
    add(page, has_script, drawing())
    page.get_by_label(WORDS).fill("A red field")
    send(page)
    expect(page.get_by_role("alert").filter(has_text="Remove 1 character")).to_be_visible()
    expect(page.get_by_label(WORDS)).to_have_value("A red field")
    page.get_by_label("What is happening?").fill("Look.")
    send(page)
    expect(cards(page).first.get_by_role("img", name="A red field")).to_be_visible()
    assert Tweet.objects.get().media_count == 1


def test_what_is_wrong_with_a_file_is_said(page: Page, ada: User, has_script: bool) -> None:
    log_in(page)
    page.get_by_label("What is happening?").fill("Look.")
    add(page, has_script, drawing(), {"name": "letter.png", "mimeType": "image/png", "buffer": b"Dear all"})
    expect(page.get_by_role("alert").filter(has_text="This is no image that can be read")).to_be_visible()
    if has_script:
        send(page)  # and nothing is posted without the image that was meant to be there
        shots(page).last.get_by_role("button", name="Remove image").click()
    expect(shots(page)).to_have_count(1)
    assert not Tweet.objects.exists()
    send(page)
    expect(cards(page)).to_have_count(1)
    assert Tweet.objects.get().media_count == 1


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_card_with_images_fits_the_phone(page: Page, ada: User, count: int) -> None:
    sizes = [(1600, 900), (600, 1600), (1200, 1200), (30, 20)]
    ids = [uploaded(ada, "green", size, f"Green {n}").pk for n, size in enumerate(sizes[:count])]
    tweet = services.post_tweet(author=ada, text="Look.", media_ids=ids).tweet
    events.drain()
    page.goto(tweet.get_absolute_url())
    images = cards(page).get_by_role("img", name="Green")
    expect(images).to_have_count(count)
    for image in images.all():
        natural_width(image)
        box = image.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
        assert min(box["width"], box["height"]) >= 20
        assert box["height"] <= 500
    images.first.click()
    page.wait_for_url(f"**{Media.objects.get(pk=ids[0]).file.url}")


def held(page: Page) -> list[Route]:
    """Uploads of the page, which go on when the test says so."""
    routes: list[Route] = []
    page.route("**/api/media", lambda route: routes.append(route))  # a builtin it cannot call
    return routes


def test_posting_waits_for_the_images(scripted: Page, ada: User) -> None:
    log_in(scripted)
    routes = held(scripted)
    scripted.get_by_label("What is happening?").fill("Look.")
    add(scripted, True, drawing(), drawing("blue"))
    expect(scripted.get_by_role("progressbar", name="Sending drawing.png")).to_have_count(2)
    send(scripted)
    expect(scripted.get_by_role("button", name="Post", exact=True)).to_be_disabled()
    for route in routes:
        assert not Tweet.objects.exists()
        route.continue_()
    expect(cards(scripted)).to_have_count(1)
    assert Tweet.objects.get().media_count == 2


def test_an_image_that_is_on_its_way_can_be_dropped(scripted: Page, ada: User) -> None:
    log_in(scripted)
    held(scripted)
    scripted.get_by_label("What is happening?").fill("Without.")
    add(scripted, True, drawing())
    expect(shots(scripted)).to_have_count(1)
    scripted.get_by_role("button", name="Remove image").click()
    expect(shots(scripted)).to_have_count(0)
    expect(scripted.locator(".attach > summary")).to_be_focused()
    send(scripted)
    expect(cards(scripted)).to_have_count(1)
    assert Tweet.objects.get().media_count == 0


def test_an_image_that_was_dropped_is_gone(scripted: Page, ada: User) -> None:
    log_in(scripted)
    add(scripted, True, drawing())
    expect(scripted.get_by_label(WORDS)).to_have_count(1)
    with scripted.expect_response(lambda response: response.request.method == "DELETE") as answer:
        scripted.get_by_role("button", name="Remove image").click()
    assert answer.value.status == 204
    assert not Media.objects.exists()


def test_the_name_of_the_field_opens_it_again_and_a_refused_image_is_named_as_the_hindrance(
    scripted: Page, ada: User
) -> None:
    log_in(scripted)
    for files in ([drawing()], [FilePayload(name="bad.png", mimeType="image/png", buffer=b"no image")]):
        add(scripted, True, *files)
        expect(scripted.locator(".attach")).not_to_have_attribute("open", "")
    expect(scripted.get_by_text("This is no image that can be read")).to_be_visible()
    send(scripted)
    expect(scripted.get_by_role("alert").filter(has_text="Not posted yet: remove this image first.")).to_be_visible()
    assert not Tweet.objects.exists()
    scripted.locator(".refused").get_by_role("button", name="Remove image").click()
    send(scripted)
    expect(cards(scripted)).to_have_count(1)
    assert Tweet.objects.get().media_count == 1


def test_a_fifth_image_is_refused_and_a_second_choice_adds_to_the_first(scripted: Page, ada: User) -> None:
    log_in(scripted)
    add(scripted, True, drawing(), drawing("blue"), drawing("green"))
    expect(scripted.get_by_label(WORDS)).to_have_count(3)
    add(scripted, True, drawing("white"), drawing("black"))
    expect(scripted.get_by_label(WORDS)).to_have_count(4)
    expect(shots(scripted).last).to_contain_text("A post has at most 4 images.")
    assert Media.objects.count() == 4


def test_without_a_connection_an_image_says_so(scripted: Page, ada: User) -> None:
    log_in(scripted)
    scripted.get_by_label("What is happening?").fill("Look.")
    scripted.context.set_offline(True)
    add(scripted, True, drawing())
    expect(shots(scripted)).to_contain_text("The site did not answer.")
    scripted.context.set_offline(False)
