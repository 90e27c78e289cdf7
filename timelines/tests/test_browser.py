"""The pages in a real Chromium, with JavaScript and without; no console error and no breach of the content policy."""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts import services as accounts
from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import events
from timelines.tests.site import post, posts
from tweets.models import Bookmark, Like, Tweet
from tweets.text import clean_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]
REFUSED = re.compile(r"status of (404|410|422)")
"""What Chromium itself says when a page answers so; of a file it would be a defect."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; CHROMIUM may name its path.")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[bool], Page]]:
    """Opens pages, and at the end fails for what their consoles said."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        is_page = "/static/" not in message.location["url"]
        if message.type in ("error", "warning") and not (is_page and REFUSED.search(message.text)):
            said.append(message.text)

    contexts = []

    def opened(has_script: bool) -> Page:
        context = browser.new_context(
            base_url=live_server.url, java_script_enabled=has_script, viewport={"width": 390, "height": 800}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def has_script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(open_page: Callable[[bool], Page], has_script: bool) -> Page:
    return open_page(has_script)


@pytest.fixture
def scripted(open_page: Callable[[bool], Page]) -> Page:
    return open_page(True)


@pytest.fixture
def ada() -> User:
    return accounts.register(username="ada", email="ada@example.org", password=PASSWORD, display_name="Ada")


@pytest.fixture
def bob() -> User:
    bob: User = UserFactory.create(username="bob", display_name="Bob")
    return bob


def log_in(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Log in").first.click()
    page.get_by_label("User name or e-mail address").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_title("Home · Socialgraph")


def cards(page: Page) -> Locator:
    return page.get_by_role("article")


def mark(page: Page) -> None:
    """Lets `is_same_page` tell whether the browser has loaded another page since."""
    page.evaluate("document.body.dataset.same = 'yes'")


def is_same_page(page: Page) -> bool:
    return bool(page.evaluate("document.body.dataset.same === 'yes'"))


def test_log_in_and_out(page: Page, ada: User) -> None:
    log_in(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What your people say")


def test_compose(page: Page, ada: User, has_script: bool) -> None:
    log_in(page)
    for text in ("First <b>post</b>", "Second post"):
        mark(page)
        page.get_by_label("What is happening?").fill(text)
        page.get_by_role("button", name="Post", exact=True).click()
        expect(cards(page).first).to_contain_text(text)
        expect(page.get_by_label("What is happening?")).to_have_value("")
        assert is_same_page(page) is has_script
    expect(cards(page)).to_have_count(2)
    page.reload()
    expect(cards(page)).to_have_count(2)


def test_a_refused_post_keeps_its_text(page: Page, ada: User) -> None:
    log_in(page)
    text = "x" * 285
    page.get_by_label("What is happening?").fill(text)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Remove 5 characters")).to_be_visible()
    field = page.get_by_label("What is happening?")
    expect(field).to_have_value(text)
    expect(field).to_be_focused()
    field.fill("Shorter.")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(cards(page).first).to_contain_text("Shorter.")
    assert Tweet.objects.get().text == "Shorter."


def test_the_composer_as_a_page_of_its_own(page: Page, ada: User, bob: User) -> None:
    tweet = post(bob)
    log_in(page)
    for path, label, button in [
        ("/compose/", "What is happening?", "Post"),
        (f"{tweet.get_absolute_url()}reply/", "Your reply to Bob", "Reply"),
    ]:
        page.goto(path)
        page.get_by_label(label).fill("x" * 281)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("alert").filter(has_text="Remove 1 character")).to_be_visible()
        page.get_by_label(label).fill(f"From {path}")
        page.get_by_role("button", name=button, exact=True).click()
        expect(cards(page).filter(has_text=f"From {path}")).to_be_visible()
    assert Tweet.objects.filter(author=ada).count() == 2


def test_like_and_bookmark(page: Page, ada: User, bob: User, has_script: bool) -> None:
    accounts.follow(follower=ada, followee=bob)
    post(bob)
    log_in(page)
    mark(page)
    for name, kind in (("Like, 0", Like), ("Bookmark", Bookmark)):
        page.get_by_role("button", name=name).click()
        pressed = page.get_by_role("button", name=name.replace("0", "1"))
        expect(pressed).to_have_attribute("aria-pressed", "true")
        assert kind._default_manager.filter(user=ada).count() == 1
    assert is_same_page(page) is has_script
    page.reload()
    expect(page.get_by_role("button", name="Like, 1")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Like, 1").click()
    expect(page.get_by_role("button", name="Like, 0")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("link", name="Bookmarks").click()
    expect(cards(page)).to_have_count(1)


def test_follow(page: Page, ada: User, bob: User, has_script: bool) -> None:
    post(bob)
    log_in(page)
    page.goto("/BOB/")
    mark(page)
    page.get_by_role("button", name="Follow Bob").click()
    expect(page.get_by_role("button", name="Follow Bob")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("1 follower", exact=True)).to_be_visible()
    assert is_same_page(page) is has_script
    assert Follow.objects.count() == 1
    page.get_by_role("link", name="Home").click()
    expect(cards(page)).to_have_count(1)
    page.goto("/bob/")
    page.get_by_role("button", name="Follow Bob").click()
    expect(page.get_by_text("0 followers", exact=True)).to_be_visible()
    page.get_by_role("link", name="Home").click()
    expect(cards(page)).to_have_count(0)


def test_reply_and_delete(page: Page, ada: User, bob: User, has_script: bool) -> None:
    tweet = post(bob, "Question?")
    log_in(page)
    page.goto(tweet.get_absolute_url())
    expect(page.get_by_text("Nobody has replied yet.")).to_be_visible()
    for text in ("First answer.", "Second answer."):
        page.get_by_label("Your reply to Bob").fill(text)
        page.get_by_role("button", name="Reply", exact=True).click()
        expect(cards(page).last).to_contain_text(text)
    expect(page.get_by_text("Nobody has replied yet.")).to_be_hidden()
    expect(page.get_by_role("link", name="Replies, 2")).to_be_visible()
    cards(page).last.locator("summary").click()
    cards(page).last.get_by_role("button", name="Delete this post").click()
    expect(cards(page)).to_have_count(2)
    if has_script:
        expect(page.get_by_role("status").filter(has_text="deleted")).to_be_focused()
    assert Tweet.objects.filter(author=ada, deleted_at=None).count() == 1


def test_load_more(page: Page, ada: User, has_script: bool) -> None:
    ids = [f"t{tweet_id}" for tweet_id in posts(ada, 45)]
    log_in(page)
    mark(page)
    seen: list[str] = []
    for shown in (20, 40, 45) if has_script else (20, 20, 5):
        expect(cards(page)).to_have_count(shown)
        on_page = cards(page).evaluate_all("cards => cards.map(card => card.id)")
        seen = on_page if has_script else seen + on_page
        if more := page.get_by_role("link", name="Load more").all():
            more[0].click()
            if has_script:
                expect(cards(page).nth(shown)).to_be_focused()
    assert seen == ids
    assert is_same_page(page) is has_script


def test_visitors_are_led_to_log_in_and_back(page: Page, ada: User, bob: User) -> None:
    tweet = post(bob)
    page.goto(tweet.get_absolute_url())
    page.get_by_role("button", name="Like, 0").click()
    page.get_by_label("User name or e-mail address").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Like, 0").click()
    expect(page.get_by_role("button", name="Like, 1")).to_be_visible()
    assert page.url.partition("#")[0].endswith(tweet.get_absolute_url())


def test_the_pill_says_what_is_new(scripted: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    post(bob, "Old.")
    scripted.clock.install()
    log_in(scripted)
    pill = scripted.get_by_role("status").get_by_role("link")
    for number, words in ((1, "1 new post"), (11, "12 new posts")):
        posts(bob, number)
        events.drain()
        scripted.clock.fast_forward(26_000)
        expect(pill).to_have_text(words)
    pill.click()
    expect(cards(scripted)).to_have_count(13)
    expect(pill).to_have_count(0)


def test_two_clicks_post_once(scripted: Page, ada: User) -> None:
    log_in(scripted)
    scripted.get_by_label("What is happening?").fill("Once.")
    scripted.get_by_role("button", name="Post", exact=True).dblclick()
    expect(cards(scripted)).to_have_count(1)
    scripted.reload()
    expect(cards(scripted)).to_have_count(1)


def test_the_keyboard_keeps_its_place(scripted: Page, ada: User) -> None:
    post(ada)
    log_in(scripted)
    button = scripted.get_by_role("button", name="Like")
    button.focus()
    for state in ("true", "false", "true"):
        scripted.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", state)
        expect(button).to_be_focused()


def test_the_counter_counts_as_the_server_does(scripted: Page, ada: User) -> None:
    log_in(scripted)
    field, counter = scripted.get_by_label("What is happening?"), scripted.locator("#counter")
    for text in [
        "x",
        "  \n padded \u3000\ufeff",
        "e\u0301" * 280,
        "👩‍👩‍👧‍👧" * 41,
        "\u1100\u1161\u11a8 각 \u0958 \u2126",
        "two\nlines\n\n",
        "\u200b\u2060kept\u180e",
        "x" * 281,
    ]:
        field.fill(text)
        shown = counter.inner_text()
        left = -int(shown.split()[0]) if "too many" in shown else int(shown.split()[0])
        assert left == 280 - len(clean_text(text, maximum=1000)), ascii(text)


def test_an_error_is_said_and_nothing_is_lost(scripted: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    tweet = post(bob)
    log_in(scripted)
    Tweet.objects.filter(pk=tweet.pk).update(deleted_at="2026-01-01T00:00:00Z")
    with scripted.expect_response(lambda response: response.status == 410):
        scripted.get_by_role("button", name="Like, 0").click()
    expect(scripted.get_by_role("alert").filter(has_text="took it back")).to_be_visible()
    expect(cards(scripted)).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_page_is_wider_than_the_screen(scripted: Page, ada: User, width: int, scheme: str) -> None:
    long = UserFactory.create(username="w" * 15, display_name="W" * 50)
    accounts.follow(follower=ada, followee=long)
    tweet = post(long, "W" * 280)
    post(long, "https://example.org/" + "a" * 200, tweet)
    log_in(scripted)
    scripted.set_viewport_size({"width": width, "height": 700})
    scripted.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("/", f"/{long.username}/", tweet.get_absolute_url(), "/bookmarks/", "/nothing/here/"):
        scripted.goto(path)
        assert scripted.evaluate("document.documentElement.scrollWidth") <= width, path
