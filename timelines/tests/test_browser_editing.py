"""Editing a post, its history, and the window in which a post can be undone: with JavaScript and without."""

import pytest
from playwright.sync_api import Page, expect

from accounts import services as accounts
from accounts.models import User
from timelines.tests.browser import cards, is_same_page, log_in, mark
from timelines.tests.site import post
from tweets import tasks
from tweets.models import Draft, Tweet, TweetVersion

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def say(page: Page, text: str) -> None:
    page.get_by_label("What is happening?").fill(text)
    page.get_by_role("button", name="Post", exact=True).click()


def test_edit_and_history(page: Page, ada: User) -> None:
    tweet = post(ada, "The quick fox")
    log_in(page)
    page.goto(f"{tweet.get_absolute_url()}menu/")
    page.get_by_role("main").get_by_role("link", name="Edit this post").click()
    field = page.get_by_label("What it says")
    expect(field).to_have_value("The quick fox")
    field.fill("x" * 282)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="Remove 2 characters")).to_be_visible()
    expect(field).to_have_value("x" * 282)
    field.fill("The slow fox")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your edit is saved.")).to_be_visible()
    expect(cards(page).first).to_contain_text("The slow fox")
    cards(page).first.get_by_role("link", name="Edited").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 versions of a post")
    expect(page.get_by_role("main").locator("li ins")).to_contain_text("slow")
    expect(page.get_by_role("main").locator("li del")).to_contain_text("quick")
    expect(page.get_by_role("heading", name="As first posted")).to_be_visible()
    page.get_by_text("Read it without the marks").click()
    expect(page.get_by_text("The slow fox", exact=True)).to_be_visible()
    assert TweetVersion.objects.get().text == "The quick fox"


def test_undo_and_post_again(page: Page, ada: User, has_script: bool) -> None:
    accounts.choose_undo_send(user=ada, seconds=30)
    log_in(page)
    mark(page)
    say(page, "Helo world")
    expect(page.get_by_text("Posting in" if has_script else "Will be posted at")).to_be_visible()
    assert not Tweet.objects.exists()
    page.get_by_role("button", name="Undo").click()
    field = page.get_by_label("What is happening?")
    expect(field).to_have_value("Helo world")
    expect(field).to_be_focused()
    assert is_same_page(page) is has_script
    expect(page.locator(".held")).to_have_count(0)
    say(page, "Hello world")
    expect(page.locator(".held")).to_have_count(1)
    assert Draft.objects.get().text == "Hello world"
    page.get_by_role("button", name="Post now").click()
    expect(cards(page).filter(has_text="Hello world")).to_be_visible()
    expect(page.locator(".held")).to_have_count(0)
    assert is_same_page(page) is has_script
    assert Tweet.objects.get().text == "Hello world"
    assert not Draft.objects.exists()


def test_the_window_ends(page: Page, ada: User, has_script: bool) -> None:
    accounts.choose_undo_send(user=ada, seconds=5)
    log_in(page)
    say(page, "Hello world")
    expect(page.locator(".held")).to_be_visible()
    due_at = Draft.objects.get().due_at
    assert due_at is not None
    page.wait_for_timeout(5_000)
    tasks.post_due_drafts()
    if not has_script:
        page.reload()
        expect(page.get_by_text("Nothing waits here")).to_be_visible()
        page.goto("/")
    expect(cards(page).filter(has_text="Hello world")).to_be_visible()
    expect(page.locator(".held")).to_have_count(0)
    assert Tweet.objects.get().created_at >= due_at


def test_what_could_not_be_posted_says_why(page: Page, ada: User, bob: User, has_script: bool) -> None:
    accounts.choose_undo_send(user=ada, seconds=30)
    tweet = post(bob, "First")
    log_in(page)
    page.goto(tweet.get_absolute_url())
    page.get_by_label("Your reply to Bob").fill("Second")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator(".held")).to_be_visible()
    accounts.block(blocker=bob, blocked=ada)
    page.get_by_role("button", name="Post now").click()
    expect(page.get_by_text("is not shown to you")).to_be_visible()
    page.get_by_role("link", name="Edit as a new post").click()
    expect(page.get_by_label("What is happening?")).to_have_value("Second")
    page.goto("/drafts/")
    page.get_by_text("Discard …").click()
    page.get_by_role("button", name="Discard for good").click()
    expect(page.locator(".held")).to_have_count(0)
    assert not Draft.objects.exists()


def test_what_was_written_meanwhile_is_kept(scripted: Page, ada: User) -> None:
    accounts.choose_undo_send(user=ada, seconds=30)
    log_in(scripted)
    say(scripted, "First")
    expect(scripted.locator(".held")).to_be_visible()
    scripted.get_by_label("What is happening?").fill("Second")
    scripted.get_by_role("button", name="Undo").click()
    scripted.wait_for_url(f"**/compose/?draft={Draft.objects.get().pk}")
    expect(scripted.get_by_label("What is happening?")).to_have_value("First")
