from playwright.sync_api import Locator, Page


def row(page: Page, heading: str) -> Locator:
    """The rows of the board's tables that begin with this heading."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=heading, exact=True))
