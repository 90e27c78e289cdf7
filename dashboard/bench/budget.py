"""Where the time of a JSON page of home goes: processor time of this process for ever more of it, waits left out."""

import io
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.core.wsgi import get_wsgi_application

from accounts.models import User
from dashboard.bench.sketch import Site
from timelines import selectors, store
from timelines.home import SPARE, home_page
from timelines.serializers import cards_bytes
from timelines.store import Kind

ROUNDS = 5


def budget(viewer: User, token: str, *, limit: int, requests: int) -> dict[str, float]:
    """Milliseconds of each part, and of the whole as the web server calls it, beside an empty view."""
    [stored] = store.read(Kind.HOME, [viewer.pk])
    if stored is None:
        raise ValueError(f"{viewer.username} has no timeline in Redis.")
    ids = sorted(stored.ids, reverse=True)[: limit + 1 + SPARE]
    address = f"/api/users/{viewer.pk}/timeline"
    parts: dict[str, Callable[[], object]] = {
        "list_from_redis": lambda: store.read(Kind.HOME, [viewer.pk]),
        "statement_and_cards": lambda: selectors.home_look(viewer.pk, ids),
        "page": lambda: home_page(viewer, limit=limit),
        "page_and_bytes": lambda: cards_bytes(home_page(viewer, limit=limit), Site()),
        "empty_request": _request("/bench/empty"),
        "request": _request(address, QUERY_STRING=f"limit={limit}", HTTP_AUTHORIZATION=f"Token {token}"),
    }
    spent: dict[str, list[float]] = {name: [] for name in parts}
    for turn in range(-1, ROUNDS):  # the first one warms up
        for name, part in parts.items():
            before = time.process_time()
            for _ in range(requests):
                part()
            if turn >= 0:
                spent[name].append(1000 * (time.process_time() - before) / requests)
    return {name: round(statistics.median(times), 2) for name, times in spent.items()}


def _request(path: str, **others: str) -> Callable[[], bytes]:
    application = get_wsgi_application()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        **others,
    }

    def ask() -> bytes:
        statuses: list[str] = []

        def start_response(status: str, *_: object) -> Callable[[bytes], object]:
            statuses.append(status)
            return lambda written: None

        response: Any = application({**environ, "wsgi.input": io.BytesIO()}, start_response)
        answer = b"".join(response)
        response.close()
        if statuses != ["200 OK"]:
            raise ValueError(f"{path} answered {statuses}")
        return answer

    return ask
