"""Log-in by name or address, whatever their case; who guesses is stopped, and a cache that is away stops nobody."""

import time

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.fields import CaselessEmailField
from accounts.models import User
from accounts.tests.pages import PASSWORD, alert, html, registered
from socialgraph.local_stack.testing import TestServers

pytestmark = pytest.mark.django_db


def log_in(client: Client, login: str, password: str = PASSWORD) -> int:
    return client.post("/accounts/login/", {"login": login, "password": password}).status_code


@pytest.mark.parametrize("login", ["Ada", "ada", " ADA ", "ada@example.org", "ADA@Example.ORG"])
def test_by_name_and_by_address(client: Client, login: str) -> None:
    user = registered("Ada", email="Ada@example.org")
    assert log_in(client, login) == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_an_address_that_was_stored_with_capitals_is_found() -> None:
    user = registered("ada")
    User.objects.filter(pk=user.pk).update(email="Ada@Example.org")
    assert log_in(Client(), "ada@example.org") == 302


def test_addresses_are_looked_up_by_the_unique_index() -> None:
    registered("ada")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert isinstance(User._meta.get_field("email"), CaselessEmailField)
    assert "users_email_unique" in User.objects.filter(email="ada@example.org").explain()


@pytest.mark.parametrize(
    "login", ["\u0430da", "ad\u0430@example.org", "ada@ex\u0430mple.org", "\uff41da", "", "nobody"]
)
def test_look_alikes_are_others(client: Client, login: str) -> None:
    registered("ada")
    assert log_in(client, login) == 200
    assert "_auth_user_id" not in client.session


def test_known_and_unknown_names_get_the_same_answer(client: Client) -> None:
    registered("ada")
    answers = [
        alert(client.post("/accounts/login/", {"login": login, "password": "guess"}))
        for login in ("ada", "nobody", "ada@example.org", "nobody@example.org")
    ]
    assert "The user name and the password do not belong together." in answers[0]
    assert "The e-mail address and the password do not belong together." in answers[2]
    assert answers[0] == answers[1]
    assert answers[2] == answers[3]


def test_the_page_leads_to_sign_up_and_reset(client: Client) -> None:
    page = html(client.get("/accounts/login/", {"next": "/bookmarks/"}))
    assert 'href="/accounts/signup/?next=%2Fbookmarks%2F"' in page
    assert 'href="/accounts/password/reset/"' in page
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="username"' in page


def test_a_guesser_is_stopped_by_name_and_the_owner_resets(client: Client) -> None:
    registered("ada")
    for _ in range(5):
        log_in(client, "ada", "guess")
    answer = client.post("/accounts/login/", {"login": "ADA", "password": PASSWORD})
    assert "Too many failed login attempts" in alert(answer)
    assert log_in(Client(REMOTE_ADDR="192.0.2.7"), "ada@example.org") == 302


@pytest.mark.serial
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["stop", "freeze"])
def test_sessions_outlive_the_cache(servers: TestServers, fault: str) -> None:
    registered("ada")
    client, newcomer = Client(), Client()
    assert log_in(client, "ada") == 302
    servers.flush()
    assert b'name="text"' in client.get(reverse("home")).content
    getattr(servers.valkey["cache"], fault)()
    before = time.monotonic()
    assert b'name="text"' in client.get(reverse("home")).content
    assert log_in(newcomer, "ada") == 302
    assert b'name="text"' in newcomer.get(reverse("home")).content
    assert log_in(Client(), "ada", "guess") == 200
    assert time.monotonic() - before < 5  # all four together
    servers.heal()
    assert b'name="text"' in newcomer.get(reverse("home")).content
    assert newcomer.post("/accounts/logout/").status_code == 302
    assert b'name="text"' not in newcomer.get(reverse("home")).content
