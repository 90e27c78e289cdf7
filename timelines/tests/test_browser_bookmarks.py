"""Bookmarks with folders and reports in a browser, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from timelines.tests.browser import cards, is_same_page, log_in, mark
from timelines.tests.site import post
from timelines.tests.test_browser_pages import findings, sized
from tweets import services
from tweets.models import Bookmark, BookmarkFolder, Report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_folders_search_moving_and_undo(page: Page, has_script: bool, ada: User, bob: User) -> None:
    for text in ("Sourdough bread.", "Compost."):
        services.bookmark(user=ada, tweet=post(bob, text))
    log_in(page)
    page.goto("/bookmarks/")
    page.get_by_role("link", name="New folder").click()
    page.get_by_label("New folder").fill("Recipes")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recipes")
    expect(cards(page)).to_have_count(0)

    page.get_by_role("link", name="All", exact=True).click()
    bread = page.locator(".saved", has_text="Sourdough")
    if has_script:
        mark(page)
    bread.get_by_role("link", name="the post by Bob").click()
    page.get_by_role("button", name="Recipes").click()
    expect(bread.locator(".place")).to_contain_text("In Recipes")
    if has_script:
        assert is_same_page(page)
    page.get_by_role("navigation", name="Folders").get_by_role("link", name="Recipes").click()
    expect(cards(page)).to_have_count(1)

    page.goto("/bookmarks/")
    page.get_by_role("searchbox").fill("BREAD")
    page.get_by_role("button", name="Search").click()
    expect(cards(page)).to_have_count(1)
    expect(cards(page)).to_contain_text("Sourdough")

    was = Bookmark.objects.get(folder__name="Recipes")
    cards(page).get_by_role("button", name="Bookmark", exact=True).click()
    expect(page.get_by_text("Bookmark removed.")).to_be_visible()
    assert not Bookmark.objects.filter(pk=was.pk).exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Bookmark removed.")).to_have_count(0)
    expect(cards(page)).to_have_count(1)
    assert Bookmark.objects.get(pk=was.pk).folder == was.folder

    page.goto("/bookmarks/folders/")
    page.get_by_role("link", name="Edit Recipes").click()
    page.get_by_label("Name").fill("Baking")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Baking")
    page.get_by_role("link", name="Edit folder").click()
    page.get_by_text("Delete this folder").click()
    page.get_by_role("button", name="Delete the folder").click()
    expect(page.get_by_text("Its bookmarks are all here.")).to_be_visible()
    expect(cards(page)).to_have_count(2)
    assert not BookmarkFolder.objects.exists()


def test_a_new_folder_while_moving(page: Page, ada: User, bob: User) -> None:
    services.bookmark(user=ada, tweet=post(bob, "Compost."))
    services.create_folder(user=ada, name="Recipes")
    log_in(page)
    page.goto("/bookmarks/")
    page.get_by_role("link", name="the post by Bob").click()
    page.get_by_label("New folder").fill("recipes")
    page.get_by_role("button", name="Create and move").click()
    expect(page.get_by_role("alert").filter(has_text="You have such a folder.")).to_be_visible()
    page.get_by_label("New folder").fill("Garden")
    page.get_by_role("button", name="Create and move").click()
    expect(page.locator(".place")).to_contain_text("In Garden")


def test_reporting_and_what_one_can_do_at_once(page: Page, ada: User, bob: User) -> None:
    tweet = post(bob, "Buy now!")
    log_in(page)
    page.goto(f"/tweets/{tweet.pk}/report/")
    page.get_by_label("What should the moderators know?").fill("Every day.")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("Choose what is wrong.")).to_be_visible()
    expect(page.get_by_label("What should the moderators know?")).to_have_value("Every day.")
    page.get_by_label("Spam or fraud").check()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert Report.objects.get().comment == "Every day."
    expect(page.get_by_role("button", name="Mute")).to_be_visible()
    expect(page.get_by_role("button", name="Block")).to_be_visible()
    page.goto("/bob/report/")
    page.get_by_label("Pretends to be somebody else").check()
    page.get_by_role("button", name="Send the report").click()
    expect(page).to_have_url(re.compile(r"/bob/report/\?sent=new$"))
    assert Report.objects.count() == 2


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_axe_finds_nothing_and_all_fits(scripted: Page, ada: User, bob: User, width: int, scheme: str) -> None:
    page, tweet = sized(scripted, width, scheme), post(bob, "Compost.")
    folder = services.create_folder(user=ada, name="W" * 40)
    services.create_folder(user=ada, name="Garden")
    services.file_bookmark(user=ada, tweet=tweet, folder=folder)
    log_in(page)

    def is_good() -> None:
        assert findings(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    for path in (
        "/bookmarks/?q=nothing",
        "/bookmarks/folders/",
        f"/bookmarks/folders/{folder.pk}/",
        f"/tweets/{tweet.pk}/bookmark/folder/",
        f"/tweets/{tweet.pk}/report/",
        "/bob/report/?sent=new",
    ):
        page.goto(path)
        is_good()
    page.goto(f"/bookmarks/?folder={folder.pk}")
    page.get_by_role("link", name="the post by Bob").click()
    expect(page.get_by_label("New folder")).to_be_visible()
    is_good()
    cards(page).get_by_role("button", name="Bookmark", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    is_good()
