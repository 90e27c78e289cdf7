"""Search in a real browser, with JavaScript and without."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from timelines.tests.browser import cards, log_in
from tweets.services import post_tweet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_searching(page: Page, ada: User, bob: User) -> None:
    post_tweet(author=bob, text="東京で paper boats")
    post_tweet(author=bob, text="Nothing of the kind")
    log_in(page)
    page.get_by_role("link", name="Search").first.click()
    box = page.locator("#q")
    box.fill("東京 form:bob")
    box.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Did you mean from:?")).to_be_visible()
    expect(box).to_have_value("東京 form:bob")
    box.fill("東京 from:bob")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(cards(page)).to_have_count(1)
    expect(cards(page).first).to_contain_text("paper boats")
    page.get_by_role("link", name="Top", exact=True).click()
    expect(page.get_by_role("heading", name="Top posts")).to_be_visible()
    box.fill("Bob")
    box.press("Enter")
    page.get_by_role("link", name="People", exact=True).click()
    expect(page.locator(".person-row")).to_contain_text("@bob")


def test_people_are_offered_while_one_types(scripted: Page, ada: User, bob: User) -> None:
    foe = UserFactory.create(username="bobby")
    accounts.block(blocker=foe, blocked=ada)
    UserFactory.create(username="bobo", display_name="Bo <b>")
    log_in(scripted)
    scripted.goto("/search/")
    box = scripted.get_by_role("combobox")
    box.press_sequentially("bo")
    options = scripted.get_by_role("option")
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(box).not_to_have_attribute("aria-activedescendant", "suggested-2")
    box.press("Escape")
    expect(options.first).to_be_hidden()
    expect(box).to_have_value("bo")
    box.press("ArrowDown")
    box.press("Enter")
    expect(scripted).to_have_title(re.compile("Bob"))


def test_the_page_fits_small_screens(open_page: Callable[[bool], Page], ada: User) -> None:
    page = open_page(True)
    page.set_viewport_size({"width": 320, "height": 700})
    log_in(page)
    for path in ("/search/", "/search/?q=form:x", "/search/?q=" + "long" * 40):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
