"""The Chromium that browser tests drive: the machine's own, since a downloaded one lacks its system libraries."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OUTSIDE_THE_PATH = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_browser() -> str | None:
    """The path for Playwright's `executable_path`; CHROMIUM in the environment comes first."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (str(OUTSIDE_THE_PATH) if OUTSIDE_THE_PATH.exists() else None)
