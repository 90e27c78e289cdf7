"""Leaving and coming back in a real Chromium, with JavaScript and without."""

import pytest
from playwright.sync_api import Page, expect

from accounts import moderation
from accounts.models import User
from accounts.selectors import erased_after
from socialgraph import events
from timelines.tests.browser import PASSWORD, log_in, log_in_by_form
from timelines.tests.site import post
from timelines.tests.test_browser_pages import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_settings(page: Page) -> None:
    page.goto("/accounts/profile/")
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Leave").click()
    expect(page.get_by_role("heading", name="Take a break")).to_be_visible()


def test_somebody_takes_a_break_then_deletes_and_thinks_again(page: Page, ada: User, bob: User) -> None:
    post(ada, "Still here?")
    log_in_by_form(page)
    open_settings(page)
    break_ = page.get_by_role("region", name="Take a break")
    break_.get_by_label("Your password").fill("guess")
    break_.get_by_role("button", name="Hide my account").click()
    refusal = break_.get_by_role("alert").filter(has_text="This is not your password.")
    expect(refusal).to_be_focused()
    break_.get_by_label("Your password").fill(PASSWORD)
    break_.get_by_role("button", name="Hide my account").click()
    expect(page.get_by_role("status").filter(has_text="Your account is hidden.")).to_be_visible()
    page.goto("/ada/")
    expect(page.get_by_text("Still here?")).to_have_count(0)

    log_in_by_form(page)
    expect(page.get_by_role("status").filter(has_text="Welcome back.")).to_be_visible()
    open_settings(page)
    end = page.get_by_role("region", name="Delete your account")
    expect(end.get_by_text("After 14 days it is deleted for good.")).to_be_visible()
    end.get_by_label("Your user name").fill("bob")
    end.get_by_label("Your password").fill(PASSWORD)
    end.get_by_role("button", name="Delete my account").click()
    refusal = end.get_by_role("alert").filter(has_text="Type ada")
    expect(refusal).to_be_focused()
    end.get_by_label("Your user name").fill("ada")
    end.get_by_label("Your password").fill(PASSWORD)
    end.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("status").filter(has_text="If you log in before, it stays.")).to_be_visible()
    assert erased_after(User.objects.get(pk=ada.pk)) is not None

    log_in_by_form(page)
    expect(page.get_by_role("status").filter(has_text="It will not be deleted.")).to_be_visible()
    page.goto("/ada/")
    expect(page.get_by_text("Still here?")).to_be_visible()


def test_where_an_erased_post_stood_the_conversation_goes_on(page: Page, ada: User, bob: User) -> None:
    root = post(bob, "The question")
    erased = post(ada, "Words of mine", reply_to=root)
    post(bob, "What I said to that", reply_to=erased)
    moderation.close_account(user=ada)
    events.drain()
    assert not User.objects.filter(pk=ada.pk).exists()
    page.goto(f"/tweets/{root.pk}/")
    expect(page.get_by_text("What I said to that")).to_be_visible()
    expect(page.get_by_text("Words of mine")).to_have_count(0)
    assert page.goto("/ada/").status == 404  # type: ignore[union-attr]  # a page was loaded


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_the_page_has_no_accessibility_findings_and_fits(scripted: Page, ada: User, width: int, scheme: str) -> None:
    log_in(scripted)
    scripted.set_viewport_size({"width": width, "height": 800})
    scripted.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
    scripted.goto("/accounts/leave/")
    assert findings(scripted) == []
    scripted.get_by_role("button", name="Delete my account").click()
    assert scripted.evaluate("document.documentElement.scrollWidth") <= width
    assert findings(scripted) == []
