from timelines.tests.conftest import browser, has_script, open_page, page, scripted

__all__ = ["browser", "has_script", "open_page", "page", "scripted"]
