"""Retweeting and quoting as people do it, with and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from timelines.tests.browser import cards, is_same_page, log_in, mark
from timelines.tests.site import post
from tweets.models import Tweet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(page: Page, tweet: Tweet, item: str) -> None:
    page.locator(f"#t{tweet.pk}").get_by_role("link", name="Retweet").click()
    page.locator(".more-in").get_by_text(item, exact=True).click()


def test_retweet_and_undo(page: Page, ada: User, bob: User, has_script: bool) -> None:
    tweet = post(bob, "Worth passing on.")
    log_in(page)
    page.goto("/bob/")
    mark(page)
    choose(page, tweet, "Retweet")
    card = page.locator(f"#t{tweet.pk}")
    expect(card.get_by_role("link", name="Retweeted by you, 1")).to_be_visible()
    assert is_same_page(page) is has_script
    assert page.url.partition("#")[0].endswith("/bob/")
    if has_script:
        expect(page.get_by_role("status").filter(has_text="Retweeted")).to_be_visible()
        expect(page.locator(".pop")).to_have_count(0)
    page.goto("/ada/")
    expect(cards(page).first).to_contain_text("You retweeted")
    choose(page, tweet, "Undo the retweet")
    if has_script:
        expect(page.get_by_role("status").filter(has_text="undone")).to_be_visible()
    page.goto("/ada/")
    expect(cards(page)).to_have_count(0)
    assert not Tweet.objects.filter(retweet_of=tweet).exists()


def test_quote(page: Page, ada: User, bob: User) -> None:
    tweet = post(bob, "The original.")
    log_in(page)
    page.goto("/bob/")
    choose(page, tweet, "Quote it with your words")
    page.get_by_label("What do you say to it?").fill("x" * 281)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Remove 1")).to_be_visible()
    expect(page.get_by_label("What do you say to it?")).to_have_value("x" * 281)
    page.get_by_label("What do you say to it?").fill("I agree.")
    page.get_by_role("button", name="Post", exact=True).click()
    card = cards(page).first
    expect(card).to_contain_text("I agree.")
    expect(card.locator(".quote")).to_contain_text("The original.")
    card.get_by_role("link", name="Show the post by Bob").click()
    expect(page).to_have_url(f"{page.url.partition('/tweets')[0]}{tweet.get_absolute_url()}")


def test_the_menus_close_and_give_the_focus_back(scripted: Page, ada: User, bob: User) -> None:
    tweet = post(bob)
    log_in(scripted)
    scripted.goto("/bob/")
    card = scripted.locator(f"#t{tweet.pk}")
    for name in ("Retweet", "More"):
        link = card.get_by_role("link", name=name)
        link.press("Enter")
        expect(scripted.locator(".pop :is(a, button)").first).to_be_focused()
        expect(link).to_have_attribute("aria-expanded", "true")
        scripted.keyboard.press("Escape")
        expect(scripted.locator(".pop")).to_have_count(0)
        expect(link).to_be_focused()
        link.click()
        expect(scripted.locator(".pop a").first).to_be_visible()
        scripted.get_by_role("heading").first.click()
        expect(scripted.locator(".pop")).to_have_count(0)
