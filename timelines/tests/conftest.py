"""A real Chromium for the tests of pages. A page that says anything in its console fails its test."""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from timelines.tests.browser import PASSWORD

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
REFUSED = re.compile(r"status of (400|403|404|410|422)")
"""What Chromium itself says when a page answers so; of a file it would be a defect."""
OFFLINE = re.compile(r"ERR_INTERNET_DISCONNECTED|htmx:error: Failed to fetch")
"""What is said where a test takes the connection away."""


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
        is_expected = (is_page and REFUSED.search(message.text)) or OFFLINE.search(message.text)
        if message.type in ("error", "warning") and not is_expected:
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
