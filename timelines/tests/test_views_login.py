"""Logging in and out, and the pages for what goes wrong on the way."""

from io import BytesIO

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import bad_request, server_error

from accounts import services as accounts
from accounts.models import User
from timelines.tests.site import html, logged_in, person

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def ada() -> User:
    return accounts.register(username="Ada", email="ada@example.org", password=PASSWORD)


@pytest.mark.parametrize("login", ["Ada", "ada", "ada@example.org", "ADA@example.org"])
def test_log_in_by_name_or_mail_leads_home(client: Client, ada: User, login: str) -> None:
    assert 'name="login"' in html(client.get("/accounts/login/"))
    response = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert "What is happening?" in html(client.get("/"))


def test_log_in_leads_on_within_the_site_only(ada: User) -> None:
    for target, expected in [("/bookmarks/", "/bookmarks/"), ("https://evil.example/", "/"), ("//evil.example", "/")]:
        client = Client()
        assert client.get("/accounts/login/", {"next": target}).status_code == 200
        form = {"login": "ada", "password": PASSWORD, "next": target}
        assert client.post("/accounts/login/", form).headers["Location"] == expected


def test_a_wrong_password_says_so_and_keeps_the_name(client: Client, ada: User) -> None:
    response = client.post("/accounts/login/", {"login": "ada", "password": "wrong", "next": "/bookmarks/"})
    assert 'value="ada"' in html(response)
    assert 'value="/bookmarks/"' in html(response)
    assert 'role="alert"' in html(response)
    assert "wrong" not in html(response)


def test_guessing_is_stopped(client: Client, ada: User) -> None:
    for _ in range(5):
        client.post("/accounts/login/", {"login": "ada", "password": "guess"})
    response = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert "Too many failed login attempts" in html(response)
    for _ in range(30):
        response = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert response.status_code == 429
    assert "Wait a few minutes" in html(response)


def test_a_closed_account_is_told_so(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    response = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD}, follow=True)
    assert "This account is closed" in html(response)


def test_log_out_asks_first_and_then_leads_to_the_front_page() -> None:
    client = logged_in(person("bob"))
    assert "Log out?" in html(client.get("/accounts/logout/"))
    assert "_auth_user_id" in client.session
    response = client.post("/accounts/logout/")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert "_auth_user_id" not in client.session
    assert client.get("/accounts/logout/").headers["Location"] == "/"


def test_pages_of_allauth_that_are_not_ours_do_not_exist(client: Client) -> None:
    for path in ("reauthenticate/", "confirm-email/", "login/code/confirm/"):
        assert client.get(f"/accounts/{path}").status_code == 404


def test_a_broken_site_and_a_broken_request_have_a_page_that_needs_nothing() -> None:
    request = RequestFactory().get("/")
    for response, status, words in [
        (server_error(request), 500, "on our side"),
        (bad_request(request, Exception()), 400, "cut or too large"),
    ]:
        assert response.status_code == status
        assert words in html(response)
        assert 'href="/"' in html(response)


def test_a_form_that_is_too_large_is_refused_with_a_page() -> None:
    client = logged_in(person("bob"))
    body = BytesIO(b"text=" + b"x" * 3_000_000).getvalue()
    response = client.post("/compose/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert "too large" in html(response)
