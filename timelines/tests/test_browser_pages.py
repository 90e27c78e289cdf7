"""Every kind of page: nothing for axe-core to find, nothing wider than the screen, light enough for a slow line."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import Page, Response

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph.images import clean_image
from timelines.tests.browser import log_in
from timelines.tests.site import post, posts
from tweets import services as tweets
from tweets.models import Draft, Tweet
from tweets.tests.images import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
WEIGHT_MAX = 100_000


def picture() -> tuple[str, int, int, str]:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(file, "PNG")
    image = clean_image(SimpleUploadedFile("a.png", file.getvalue(), "image/png"), longest_side=1600)
    return image.store("media"), image.width, image.height, "A field"


@pytest.fixture
def places(ada: User, bob: User) -> list[str]:
    """A small busy site, and an address of every kind of page that members read."""
    accounts.follow(follower=ada, followee=bob)
    accounts.follow(follower=bob, followee=ada)
    User.objects.filter(pk__in=[ada.pk, bob.pk]).update(bio="Tea, and #maps.")
    question = post(bob, "Who has @ada's map? #maps https://example.org/map")
    answer = post(ada, "Me.", question)
    last = post(bob, "Thanks!", answer)
    gone = post(ada, "Regretted.", last)
    orphan = post(bob, "To nobody any more.", gone)
    tweets.delete_tweet(tweet=gone, by=ada)
    shown = tweets.post_tweet(author=bob, text="Look.", media_ids=waiting(bob, picture())).tweet
    tweets.post_tweet(author=ada, text="Mine too.", quote_of=question)
    tweets.retweet(user=ada, tweet=shown)
    for tweet in (question, shown):
        tweets.like(user=ada, tweet=tweet)
        tweets.bookmark(user=ada, tweet=tweet)
    own = post(ada, "My own.")
    for n in range(2):
        tweets.edit_tweet(tweet=shown, by=bob, text=f"Look again, {n}.", alts=[f"A field, and {n}"])
    drafts = [tweets.draft_post(author=ada, text=f"Draft {n}", reply_to=own, seconds=30) for n in range(3)]
    for draft, reason in zip(drafts[:2], ("", "No."), strict=True):
        Draft.objects.filter(pk=getattr(draft, "pk", 0)).update(due_at=None, refusal=reason)
    return [
        "/",
        "/bob/",
        "/ada/",
        "/ada/replies/",
        "/ada/likes/",
        "/bob/likes/",
        answer.get_absolute_url(),
        orphan.get_absolute_url(),
        shown.get_absolute_url(),
        f"{shown.get_absolute_url()}reply/",
        gone.get_absolute_url(),
        "/tags/maps/",
        "/tags/nothing/",
        "/bookmarks/",
        "/compose/",
        "/drafts/",
        f"{own.get_absolute_url()}edit/",
        f"{shown.get_absolute_url()}edit/",
        f"{shown.get_absolute_url()}history/",
        f"{own.get_absolute_url()}history/",
        f"{shown.get_absolute_url()}menu/",
        f"{shown.get_absolute_url()}retweet/",
        f"{shown.get_absolute_url()}retweets/",
        f"{shown.get_absolute_url()}quote/",
        f"{question.get_absolute_url()}quotes/",
        f"{shown.get_absolute_url()}report/",
        "/bob/report/",
        "/bob/mute/",
        "/bob/block/",
        "/bookmarks/folders/",
        "/requests/",
        "/requests/sent/",
        "/accounts/privacy/",
        "/accounts/blocked/",
        "/accounts/muted/",
        "/accounts/words/",
        "/accounts/leave/",
        "/search/?q=map",
        "/search/?q=b&tab=people",
        "/search/?q=%22open",
        "/people/?q=b",
        "/bob/followers/",
        "/bob/following/",
        "/accounts/profile/",
        "/accounts/logout/",
        "/nothing/here/",
        "/?cursor=zzz",
    ]


def findings(page: Page) -> list[str]:
    """What axe-core objects to. It runs in a world of its own, so the content policy stays as it is."""
    page.evaluate(AXE.read_text())
    result: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{found['id']}: {node['html'][:160]}" for found in result["violations"] for node in found["nodes"]]


def sized(page: Page, width: int, scheme: str) -> Page:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    return page


@SCHEMES
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_for_members(scripted: Page, places: list[str], width: int, scheme: str) -> None:
    sized(scripted, width, scheme)
    log_in(scripted)
    for path in places:
        scripted.goto(path)
        assert findings(scripted) == [], path


@SCHEMES
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_for_visitors(scripted: Page, places: list[str], width: int, scheme: str) -> None:
    sized(scripted, width, scheme)
    for path in ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/bob/", places[6]):
        scripted.goto(path)
        assert findings(scripted) == [], path


@SCHEMES
def test_axe_finds_nothing_in_what_opens(scripted: Page, places: list[str], scheme: str) -> None:
    sized(scripted, 390, scheme)
    log_in(scripted)
    scripted.get_by_label("Account menu").click()
    assert findings(scripted) == []
    scripted.keyboard.press("Escape")
    scripted.get_by_label("What is happening?").fill("x" * 281)
    scripted.get_by_role("button", name="Post", exact=True).click()
    scripted.get_by_role("alert").filter(has_text="Remove 1").wait_for()
    card = scripted.get_by_role("article").first
    card.get_by_role("link", name="More").click()
    card.get_by_text("Delete this post …").click()
    assert findings(scripted) == []
    scripted.keyboard.press("Escape")
    scripted.keyboard.press("?")
    scripted.get_by_label("Use single letters as keys").focus()
    assert findings(scripted) == []


@SCHEMES
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_is_wider_than_the_screen(
    scripted: Page, places: list[str], ada: User, width: int, scheme: str
) -> None:
    long = UserFactory.create(username="w" * 15, display_name="W" * 50, bio="W" * 160)
    accounts.follow(follower=ada, followee=long)
    tweet = post(long, "W" * 280)
    answer = post(long, "https://example.org/" + "a" * 200, tweet)
    sized(scripted, width, scheme)
    scripted.goto("/")
    assert scripted.evaluate("document.documentElement.scrollWidth") <= width
    log_in(scripted)
    for path in [*places, f"/{long.username}/", tweet.get_absolute_url(), answer.get_absolute_url(), "/people/?q=w"]:
        scripted.goto(path)
        assert scripted.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_home_page_of_twenty_weighs_less_than_100_kilobytes(scripted: Page, ada: User, bob: User) -> None:
    """Page, style sheets and scripts as they are before compression; texts of 140 letters, every card with counts."""
    accounts.follow(follower=ada, followee=bob)
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    User.objects.filter(pk=bob.pk).update(avatar=picture()[0])
    for tweet in Tweet.objects.filter(pk__in=posts(bob, 20)):
        Tweet.objects.filter(pk=tweet.pk).update(text="A text of ordinary length. " * 5 + "#tea")
        post(ada, "An answer.", tweet)
        tweets.like(user=ada, tweet=tweet)
    Tweet.objects.filter(author=ada).update(deleted_at="2026-01-01T00:00:00Z")
    accounts.flush_counts()
    log_in(scripted)
    responses: list[Response] = []
    scripted.on("response", lambda response: responses.append(response))
    scripted.goto("/", wait_until="networkidle")
    assert scripted.get_by_role("article").count() == 20
    counted = [r for r in responses if r.request.resource_type in ("document", "stylesheet", "script")]
    weights = {response.url: len(response.body()) for response in counted}
    assert len(weights) == 7
    assert sum(weights.values()) < WEIGHT_MAX, weights
