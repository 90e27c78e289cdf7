"""PostgreSQL does not answer: people and programs are told so, and when to come back."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers
from django.views.defaults import server_error as broken

from socialgraph.problems import CONTENT_TYPE, Unavailable


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: where an exception ends that nobody answered, of a view or of a middleware.

    503 when it is the database's. The page needs no session and no user: there is nowhere to read them from.
    """
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return broken(request)
    response = _problem() if request.path_info.startswith("/api/") else _page()
    response.headers["Retry-After"] = str(Unavailable.wait)
    add_never_cache_headers(response)
    return response


def _page() -> HttpResponse:
    return HttpResponse(loader.get_template("503.html").render(), status=HTTPStatus.SERVICE_UNAVAILABLE)


def _problem() -> HttpResponse:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": Unavailable.default_detail}
    return JsonResponse(problem, status=status, content_type=CONTENT_TYPE)
