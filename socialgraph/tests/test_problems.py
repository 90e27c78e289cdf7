"""Whatever goes wrong below /api/ is told in one shape, and never as HTML."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core import exceptions as django
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.http import Http404, UnreadablePostError
from django.urls import include, path
from rest_framework import exceptions as rest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from socialgraph.pagination import InvalidCursor
from socialgraph.problems import Gone
from tweets.models import Tweet


def unique_violation() -> Exception:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_content_type (app_label, model) SELECT 'a', 'b' FROM generate_series(1, 2)"
            )
    except IntegrityError as error:
        return error
    raise AssertionError


def check_violation() -> Exception:
    try:
        Tweet.objects.create(text="")
    except IntegrityError as error:
        return error
    raise AssertionError


FAILURES: dict[str, Callable[[], Exception]] = {
    "not-found": lambda: Http404("No such thing."),
    "forbidden": lambda: django.PermissionDenied("Not yours."),
    "gone": lambda: Gone("Was here."),
    "cursor": lambda: InvalidCursor("x"),
    "field": lambda: django.ValidationError({"text": ["Too long.", "Too loud."], "key": "Too odd."}),
    "general": lambda: django.ValidationError("You cannot follow yourself."),
    "both": lambda: django.ValidationError({"text": "Too long.", "__all__": ["Too late."]}),
    "several": lambda: rest.ValidationError(["One.", "Two."]),
    "too-large": lambda: django.RequestDataTooBig("2.5 MB"),
    "suspicious": lambda: django.SuspiciousOperation("secret detail"),
    "cut-off": lambda: UnreadablePostError("secret detail"),
    "unique": unique_violation,
    "check": check_violation,
    "no-database": lambda: OperationalError("secret detail"),
    "lost-database": lambda: InterfaceError("secret detail"),
    "defect": lambda: ZeroDivisionError("secret detail"),
    "throttled": lambda: rest.Throttled(wait=7.2),
}


class Failing(APIView):
    def get(self, request: Request, name: str) -> Response:
        raise FAILURES[name]()


urlpatterns = [path("api/fail/<str:name>", Failing.as_view()), path("api/", include("socialgraph.api_urls"))]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def fetch(name: str) -> Any:
    return APIClient(raise_request_exception=False).get(f"/api/fail/{name}")


@pytest.mark.parametrize(
    ("name", "status", "title", "detail"),
    [
        ("not-found", 404, "Not Found", "No such thing."),
        ("forbidden", 403, "Forbidden", "Not yours."),
        ("gone", 410, "Gone", "Was here."),
        ("general", 400, "Bad Request", "You cannot follow yourself."),
        ("several", 400, "Bad Request", "One. Two."),
        ("too-large", 413, "Request Entity Too Large", "The body is too large."),
        ("suspicious", 400, "Bad Request", "Malformed request."),
        ("cut-off", 400, "Bad Request", "Malformed request."),
    ],
)
def test_a_problem_has_four_fields(name: str, status: int, title: str, detail: str) -> None:
    answer = fetch(name)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {"type": "about:blank", "title": title, "status": status, "detail": detail}


@pytest.mark.parametrize(
    ("name", "detail", "errors"),
    [
        ("field", "Correct text, key.", {"text": ["Too long.", "Too loud."], "key": ["Too odd."]}),
        ("both", "Too late.", {"text": ["Too long."]}),
        (
            "cursor",
            "Correct cursor.",
            {"cursor": ["Not a cursor of this site. Leave it out to begin at the first page."]},
        ),
    ],
)
def test_wrong_fields_are_named(name: str, detail: str, errors: dict[str, list[str]]) -> None:
    answer = fetch(name).json()
    assert answer == {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail, "errors": errors}


def test_a_race_for_a_unique_value_is_a_conflict() -> None:
    assert fetch("unique").status_code == 409


@pytest.mark.parametrize("name", ["no-database", "lost-database"])
def test_a_database_that_is_away_is_a_503_to_be_tried_again(name: str) -> None:
    answer = fetch(name)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert b"secret" not in answer.content


@pytest.mark.parametrize("name", ["defect", "check"])
def test_a_defect_is_a_500_without_details_and_is_logged(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = fetch(name)
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something broke on our side, and we have a record of it.",
    }
    [record] = caplog.records
    assert record.getMessage() == f"GET /api/fail/{name}"
    assert record.exc_info


def test_a_defect_reaches_whoever_listens_to_djangos_signal() -> None:
    with pytest.raises(ZeroDivisionError):
        APIClient().get("/api/fail/defect")


def test_a_throttled_caller_is_told_for_how_long() -> None:
    answer = fetch("throttled")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "8")


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
@pytest.mark.parametrize("path", ["", "nothing", "users/", "tweets/1/", "users/a/b", "%00", "..%2f", "tweets/1/like/x"])
def test_a_path_that_is_not_there_is_a_404_in_json(method: str, path: str) -> None:
    answer = getattr(APIClient(enforce_csrf_checks=True), method)(f"/api/{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_slash_too_many_is_pointed_out() -> None:
    detail = APIClient().get("/api/tweets/").json()["detail"]
    assert detail == "There is nothing at this path. Paths of the API have no slash at the end."


def test_a_wrong_method_names_the_right_ones() -> None:
    answer = APIClient().get("/api/tweets/1/like")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, DELETE, OPTIONS"
    assert answer.json()["detail"] == 'Method "GET" not allowed.'


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ('{"username": NaN}', "application/json", 400),
        (b'{"username": "\xff"}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("username=a", "application/x-www-form-urlencoded", 415),
        ("<user/>", "application/xml", 415),
        ("{}", "", 415),
        ("{}", "nonsense", 415),
        ('{"username": "' + "a" * 3_000_000 + '"}', "application/json", 413),
    ],
)
def test_a_body_that_cannot_be_read(
    body: Any,  # the stubs know of str only
    content_type: str,
    status: int,
) -> None:
    answer = APIClient().generic("POST", "/api/users", body, content_type=content_type)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("accept", "status"), [("text/html", 406), ("*/*", 404), (";;;", 406)])
def test_an_answer_is_json_or_nothing(accept: str, status: int) -> None:
    answer = APIClient().get("/api/users/nobody?format=html", headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
