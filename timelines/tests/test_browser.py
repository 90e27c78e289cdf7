"""What people do on the pages, in a real Chromium, with JavaScript and without."""

import pytest
from playwright.sync_api import Page, expect

from accounts import services as accounts
from accounts.models import Follow, User
from timelines.tests.browser import PASSWORD, cards, is_same_page, log_in, log_in_by_form, mark
from timelines.tests.site import post, posts
from tweets.models import Bookmark, Like, Tweet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_log_in_and_out(page: Page, ada: User) -> None:
    log_in_by_form(page)
    page.get_by_label("Account menu").click()
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
    expect(page.get_by_role("button", name="Following Bob")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("main").get_by_text("1 follower", exact=True)).to_be_visible()
    assert is_same_page(page) is has_script
    assert Follow.objects.count() == 1
    page.get_by_role("link", name="Home").click()
    expect(cards(page)).to_have_count(1)
    page.goto("/bob/")
    page.get_by_role("button", name="Following Bob").click()
    expect(page.get_by_role("main").get_by_text("0 followers", exact=True)).to_be_visible()
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
    cards(page).last.get_by_role("link", name="More").click()
    page.get_by_text("Delete this post …").click()
    page.get_by_role("button", name="Delete for good").click()
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
            if has_script:
                more[0].evaluate("link => link.focus({preventScroll: true})")
                page.keyboard.press("Enter")
                expect(cards(page).nth(shown)).to_be_focused()
            else:
                more[0].click()
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


def test_the_tabs_of_a_profile(page: Page, ada: User, bob: User) -> None:
    tweet = post(bob, "A post.")
    post(ada, "An answer.", tweet)
    log_in(page)
    page.goto("/ada/")
    expect(page.get_by_text("@ada has not posted anything yet.")).to_be_visible()
    page.get_by_role("link", name="Replies", exact=True).click()
    expect(cards(page)).to_contain_text("An answer.")
    page.get_by_role("link", name="Likes", exact=True).click()
    expect(page.get_by_text("No likes yet")).to_be_visible()
    page.goto("/bob/")
    expect(page.get_by_role("link", name="Likes", exact=True)).to_have_count(0)
