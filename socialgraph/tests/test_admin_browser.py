"""The admin in a real Chromium under the site's content policy: the widgets work and the console stays silent."""

import os
import shutil
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts import services as accounts
from accounts.models import Follow, User
from socialgraph.tests.admin_site import many_rows, models, row_of_each, url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; CHROMIUM may name its path.")
    arguments = ["--disable-gpu", "--no-first-run", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Fails at the end for what its console said."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "/media/none.webp" not in message.location["url"]:
            said.append(f"{message.location['url']}: {message.text}")

    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


@pytest.fixture
def chief() -> User:
    user = accounts.register(username="chief", email="chief@example.org", password=PASSWORD, display_name="Chief")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    user.refresh_from_db()
    return user


def test_every_page_keeps_to_the_content_policy(page: Page, chief: User) -> None:
    row_of_each(chief)
    many_rows(chief, 60)
    page.goto("/admin/")
    page.get_by_label("User name or e-mail address").fill("chief")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Everything that is stored")).to_be_visible()
    for model in models():
        row = model._default_manager.order_by("-pk")[0]
        page.goto(url(model, "changelist"))
        page.goto(url(model, "change", row.pk))
        page.goto(url(model, "history", row.pk))
    for name in ("accounts/user", "accounts/follow", "tweets/tweet", "tweets/like"):
        page.goto(f"/admin/{name}/add/")
    page.goto(f"/admin/accounts/user/{chief.pk}/password/")
    page.goto("/admin/auth/group/add/")
    page.goto("/admin/accounts/user/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("delete_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", name="Delete multiple objects")).to_be_visible()
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.get_by_text("Successfully deleted 50 users")).to_be_visible()


def test_a_follow_is_made_with_the_autocomplete_widgets(page: Page, chief: User) -> None:
    for name in ("adam", "ada", "bob"):
        accounts.register(username=name, email=f"{name}@example.org", password=PASSWORD)
    page.goto("/accounts/login/?next=/admin/accounts/follow/add/")
    page.get_by_label("User name or e-mail address").fill("chief")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    for field, typed, choices, chosen in (
        ("follower", "@ad", ["@ada", "@adam"], "@ada"),
        ("followee", "bo", ["@bob"], "@bob"),
    ):
        page.locator(f".field-{field} .select2-selection").click()
        page.locator(".select2-search__field").fill(typed)
        options = page.locator(".select2-results__option:not(.loading-results):not(.select2-results__message)")
        expect(options).to_have_text(choices)
        options.get_by_text(chosen, exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    follow = Follow.objects.get()
    assert (follow.follower.username, follow.followee.username) == ("ada", "bob")
