"""From sign-up to a face of one's own, in a real Chromium, with JavaScript and without; mail comes as files."""

import re
import stat
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from timelines.tests.browser import PASSWORD as LOG_IN_PASSWORD
from timelines.tests.browser import drawing, is_same_page, log_in, mark
from timelines.tests.test_browser_pages import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD, NEW_PASSWORD = "difference engine 1843", "analytical engine 1837"


@pytest.fixture
def mailed_link(settings: Settings, tmp_path: Path) -> Callable[[str], str]:
    """The link in the newest mail about something, as a person finds it in the folder."""
    folder = tmp_path / "mail"
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "socialgraph.mail.PrivateFileBackend", str(folder)
    settings.MEDIA_ROOT = tmp_path / "media"

    def link(subject: str) -> str:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for file in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True):
            message = message_from_bytes(file.read_bytes())
            if subject in str(message["Subject"]):
                found = re.search(r"http://\S+", str(message.get_payload()))
                assert found is not None
                return found[0]
        raise AssertionError(f"no mail: {subject}")

    return link


def leave(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()


def test_a_newcomer_signs_up_forgets_the_password_and_gets_a_face(
    page: Page, mailed_link: Callable[[str], str]
) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("User name").fill("admin")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Name to show").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    refusal = page.get_by_role("alert").filter(has_text="This name is reserved.")
    expect(refusal).to_be_focused()
    refusal.get_by_role("link", name="User name").click()
    field = page.get_by_label("User name")
    expect(field).to_have_accessible_description(re.compile("This name is reserved. Choose another one."))
    field.fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_title("Home · Socialgraph")

    page.goto(mailed_link("Welcome, @ada"))
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text("ada@example.org is confirmed.")).to_be_visible()

    leave(page)
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(mailed_link("Choose a new password"))
    page.get_by_label("New password").fill("password")
    page.get_by_role("button", name="Save the new password").click()
    expect(page.get_by_role("alert").filter(has_text="This password is too common.")).to_be_visible()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save the new password").click()
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("User name or e-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_title("Home · Socialgraph")

    page.goto("/accounts/profile/")
    page.get_by_label("Name to show").fill("Ada Lovelace")
    page.get_by_label("About you").fill("Notes.")
    page.get_by_label("Picture").set_input_files(drawing())
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Your profile is saved.")).to_be_visible()
    ada = User.objects.get(username="ada")
    assert (ada.display_name, ada.bio) == ("Ada Lovelace", "Notes.")
    page.get_by_role("link", name="See your page").click()
    face = page.locator(f'main img[src="{ada.avatar_url}"]').first
    face.scroll_into_view_if_needed()
    expect(face).to_have_js_property("complete", True)
    assert face.evaluate("image => image.naturalWidth") > 0


def test_follow_from_a_list_and_load_more(page: Page, ada: User, bob: User, has_script: bool) -> None:
    people = UserFactory.create_batch(25)
    for person in people:
        accounts.follow(follower=person, followee=bob)
    log_in(page)
    page.goto("/bob/followers/")
    mark(page)
    rows = page.locator(".person-row")
    expect(rows).to_have_count(20)
    newest, oldest = people[-1], people[0]
    for state in ("true", "false", "true"):
        button = page.locator(f"#follow{newest.pk}")
        button.click()
        expect(button).to_have_attribute("aria-pressed", state)
        if has_script:
            expect(button).to_be_focused()
    page.get_by_role("link", name="Load more").click()
    expect(rows).to_have_count(25 if has_script else 5)
    button = page.locator(f"#follow{oldest.pk}")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert set(Follow.objects.filter(follower=ada).values_list("followee_id", flat=True)) == {newest.pk, oldest.pk}
    assert is_same_page(page) is has_script
    expect(page.locator("#me-numbers")).to_contain_text("2 following")
    expect(rows).to_have_count(25 if has_script else 5)


def test_who_was_logged_out_meanwhile_logs_in_and_returns(page: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=UserFactory.create(username="carol"), followee=bob)
    log_in(page)
    page.goto("/bob/followers/")
    page.context.clear_cookies(name="sessionid")
    page.locator(".person-row").get_by_role("button").click()
    page.get_by_label("User name or e-mail address").fill("ada")
    page.get_by_label("Password").fill(LOG_IN_PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Followers of Bob")
    expect(page.locator(".person-row").get_by_role("button")).to_have_attribute("aria-pressed", "false")


def test_settings_have_nothing_for_axe_to_find(scripted: Page, ada: User) -> None:
    log_in(scripted)
    for path in ("/accounts/profile/", "/accounts/email/", "/accounts/password/", "/people/", "/bob/followers/"):
        scripted.goto(path)
        assert findings(scripted) == [], path
        scripted.set_viewport_size({"width": 320, "height": 800})
        assert scripted.evaluate("document.documentElement.scrollWidth") <= 320, path
    scripted.goto("/accounts/email/")
    scripted.get_by_label("New e-mail address").fill("ada@example.org")
    scripted.get_by_label("Your password").fill("x")
    scripted.get_by_role("button", name="Send a link").click()
    scripted.get_by_role("alert").filter(has_text="This is not your password.").wait_for()
    assert findings(scripted) == []
