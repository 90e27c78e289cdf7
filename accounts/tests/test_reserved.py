"""No account takes an address that the site uses, today or after the next route."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.services import RESERVED_NAMES

A_NAME = re.compile(r"[A-Za-z0-9_]{1,15}")


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route


def test_every_first_segment_that_could_be_a_name_is_reserved() -> None:
    found = {route.partition("/")[0].rstrip("$") for route in routes(get_resolver())}
    assert {"accounts", "people", "media", "api"} <= found
    assert {segment for segment in found if A_NAME.fullmatch(segment)} - RESERVED_NAMES == set()


def test_reserved_names_are_names_in_small_letters() -> None:
    assert all(A_NAME.fullmatch(name) and name == name.lower() for name in RESERVED_NAMES)
    assert {"static", "events", "__debug__"} <= RESERVED_NAMES  # routes of other servers, and of development
