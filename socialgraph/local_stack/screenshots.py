"""The README's pictures, from a running instance with demo content: `python -m socialgraph.local_stack.screenshots`.

Needs the tools of requirements-dev.txt (scripts/test installs them) and a Chromium.
"""

import argparse
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from socialgraph.local_stack.browser import find_browser
from socialgraph.local_stack.datadir import REPOSITORY, DataDir
from socialgraph.local_stack.errors import CannotRun

FOLDER = REPOSITORY / "docs" / "screenshots"
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
QUALITY = 85


@dataclass(frozen=True)
class Picture:
    name: str
    person: Literal["DEMO", "STAFF"]
    """Whose account of servers.env looks at it."""
    path: str
    is_phone: bool = False
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("home", "DEMO", "/"),
    Picture("home-phone-dark", "DEMO", "/", is_phone=True, scheme="dark"),
    Picture("tweet-phone", "DEMO", "tweet", is_phone=True),
    Picture("profile-dark", "DEMO", "profile", scheme="dark"),
    Picture("dashboard", "STAFF", "/dashboard/"),
)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("DATA_DIR", REPOSITORY / ".local")))
    variables = DataDir.open(parser.parse_args(arguments).data_dir).read_servers_env()
    if not variables or "DEMO_PASSWORD" not in variables:
        sys.exit("Start the product with demo content first: scripts/up")
    executable = find_browser()
    if executable is None:
        sys.exit("Install Chromium, or name one in CHROMIUM.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=executable, args=sandbox)
        for picture in PICTURES:
            take(browser, picture, variables)
        browser.close()


def take(browser: Browser, picture: Picture, variables: dict[str, str]) -> None:
    context = browser.new_context(
        base_url=variables["BASE_URL"],
        viewport=PHONE if picture.is_phone else DESKTOP,  # type: ignore[arg-type]  # Playwright wants its own TypedDict
        color_scheme=picture.scheme,
        device_scale_factor=1.5,
    )
    page = context.new_page()
    log_in(page, variables[f"{picture.person}_USER"], variables[f"{picture.person}_PASSWORD"])
    page.goto("/")
    if picture.path == "tweet":
        page.locator(".card:has(img.picture, .picture img) .when").first.click()
    elif picture.path == "profile":
        page.goto(f"/{variables['DEMO_USER']}/")
    else:
        page.goto(picture.path)
    page.wait_for_load_state("networkidle")
    file = FOLDER / f"{picture.name}.webp"
    Image.open(io.BytesIO(page.screenshot())).save(file, "WEBP", quality=QUALITY)
    print(file.relative_to(REPOSITORY))
    context.close()


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", password)
    page.locator("form:has([name=password]) [type=submit]").click()
    page.wait_for_url(lambda address: "/accounts/login" not in address)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CannotRun as error:
        sys.exit(str(error))
