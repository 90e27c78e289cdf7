"""What tests do in a browser again and again."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test import Client
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from accounts.models import User

PASSWORD = "correct horse battery"


def log_in_by_form(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Log in").first.click()
    page.get_by_label("User name or e-mail address").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_title("Home · Socialgraph")


def log_in(page: Page) -> None:
    """Quicker than by the form."""
    visitor = Client()
    visitor.force_login(User.objects.get(username="ada"), backend=settings.AUTHENTICATION_BACKENDS[0])
    page.goto("/robots.txt")
    session = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": page.url}])
    page.goto("/")
    expect(page).to_have_title("Home · Socialgraph")


def cards(page: Page) -> Locator:
    return page.get_by_role("article")


def mark(page: Page) -> None:
    """Lets `is_same_page` tell whether the browser has loaded another page since."""
    page.evaluate("document.body.dataset.same = 'yes'")


def is_same_page(page: Page) -> bool:
    return bool(page.evaluate("document.body.dataset.same === 'yes'"))


def drawing(colour: str = "red", size: tuple[int, int] = (30, 20)) -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return {"name": "drawing.png", "mimeType": "image/png", "buffer": file.getvalue()}


@contextmanager
def choosing(page: Page, has_script: bool) -> Iterator[Callable[[FilePayload | list[FilePayload]], None]]:
    """The composer's images: with JavaScript a click on "Images" asks for them, without there is a field behind it."""
    button = page.locator(".attach > summary")
    if has_script:
        page.get_by_role("textbox").first.focus()
        page.locator(".ring").wait_for(state="attached")
        with page.expect_file_chooser() as asked:
            button.click()
        yield asked.value.set_files
    else:
        button.click()
        yield page.get_by_label("Up to 4 images").set_input_files
