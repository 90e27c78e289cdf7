"""How long the site takes to answer, by route: the first middleware, so that the time of all others is in it."""

import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from socialgraph import metrics
from socialgraph.windows import Series

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MeasureRequests:
    """Costs a few microseconds; see docs/architecture.md."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None:
            where = match.view_name if match.url_name else match.route
        else:
            where = "(files)" if request.path_info.startswith(settings.STATIC_URL) else "(no such address)"
        if where == "home" and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            where = "front page"  # the same address, and another page
        verb = request.method if request.method in METHODS else "OTHER"
        series = _series(f"{verb} {where}", response.status_code // 100)
        metrics.observe(series, 1000 * (time.perf_counter() - started))
        return response


@cache
def _series(what: str, status_class: int) -> Series:
    """Routes, methods and status classes are few, so this and what is kept of it stay small."""
    return "request", what.replace("|", "/"), f"{status_class}xx"
