"""The policy of every answer, and messages that outlive a redirect."""

import pytest
from csp.utils import build_policy
from django.test import Client
from pytest_django import Settings

from timelines.tests.site import html, logged_in, person

pytestmark = pytest.mark.django_db
POLICY = "Content-Security-Policy"


def test_every_answer_has_the_policy(client: Client) -> None:
    assert "default-src 'none'" in build_policy()
    for path in ("/", "/nobody/nowhere/", "/api/users/1", "/admin/login/"):
        assert client.get(path).headers[POLICY] == build_policy()


def test_the_pages_of_debugging_have_none(settings: Settings) -> None:
    settings.DEBUG = True
    assert POLICY not in Client().get("/nobody/nowhere/").headers
    assert POLICY in Client().get("/").headers


def test_a_message_waits_for_the_next_page_and_is_said_once() -> None:
    ada = logged_in(person("ada"))
    left = ada.post("/accounts/privacy/", {"protected": "on"})
    assert left.status_code == 302
    said = "Your posts are protected now."
    assert said in html(ada.get("/"))
    quiet = ada.get("/")
    assert said not in html(quiet)
    assert "messages" not in quiet.cookies
