import pytest

from socialgraph import metrics
from timelines.tests.conftest import browser, has_script, open_page, page, scripted

__all__ = ["browser", "has_script", "open_page", "page", "scripted"]


@pytest.fixture(autouse=True)
def _nothing_left_over(_fresh_valkey: None) -> None:
    """What earlier tests recorded in this process goes before each test's own."""
    metrics.flush()
    metrics._redis().flushdb()
    metrics.forget()
