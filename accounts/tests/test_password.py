"""Changing a password, and choosing a new one by mail. Nobody learns from it who has an account."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory
from accounts.tests.pages import NEW_PASSWORD, PASSWORD, alert, errors, html, link_in, logged_in, registered, the_mail

pytestmark = pytest.mark.django_db

RESET = "/accounts/password/reset/"
CHANGE = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD}


def has_password(user: User, password: str) -> bool:
    user.refresh_from_db()
    return user.check_password(password)


def asked_for_reset(client: Client, email: str) -> str:
    """The link that the mail holds."""
    assert client.post(RESET, {"email": email}).status_code == 302
    return link_in(the_mail())


def test_the_link_in_the_mail_sets_a_new_password_once(client: Client) -> None:
    user = registered()
    link = asked_for_reset(client, "ADA@Example.org")
    response = client.get(link, follow=True)
    form_at = response.redirect_chain[-1][0]
    assert link not in form_at  # the key is in the session, and in no Referer
    assert "Your new password is saved." in html(client.post(form_at, {"password1": NEW_PASSWORD}, follow=True))
    assert has_password(user, NEW_PASSWORD)
    message = the_mail()
    assert (message.subject, message.to) == ("Your password was changed", ["ada@example.org"])
    assert "This link is no longer good" in html(Client().get(link, follow=True))
    assert client.post("/accounts/login/", {"login": "ada", "password": NEW_PASSWORD}).status_code == 302


def test_a_reset_ends_sessions_and_tokens() -> None:
    user = registered()
    elsewhere, program, client = logged_in(user), client_of(user), Client()
    link = asked_for_reset(client, "ada@example.org")
    form_at = client.get(link, follow=True).redirect_chain[-1][0]
    assert elsewhere.get("/accounts/profile/").status_code == 200
    client.post(form_at, {"password1": NEW_PASSWORD})
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert program.get("/api/bookmarks").status_code == 401


def test_a_new_password_is_judged_as_at_sign_up(client: Client) -> None:
    user = registered()
    form_at = client.get(asked_for_reset(client, "ada@example.org"), follow=True).redirect_chain[-1][0]
    response = client.post(form_at, {"password1": "password"})
    assert errors(response) == ["This password is too common."]
    assert has_password(user, PASSWORD)


@pytest.mark.parametrize("damage", [lambda link: link[:-3] + "0/", lambda link: re.sub("reset/[^-]+", "reset/1", link)])
def test_a_damaged_link_is_refused(client: Client, damage: object) -> None:
    registered()
    link = damage(asked_for_reset(client, "ada@example.org"))  # type: ignore[operator]
    response = client.get(link, follow=True)
    assert "This link is no longer good" in html(response)
    assert 'name="password1"' not in html(response)


def test_a_link_ends_with_the_address_it_was_sent_to(client: Client) -> None:
    user = registered()
    link = asked_for_reset(client, "ada@example.org")
    User.objects.filter(pk=user.pk).update(email="other@example.org")
    assert "This link is no longer good" in html(client.get(link, follow=True))


def test_known_and_unknown_addresses_get_the_same_page(client: Client) -> None:
    registered()
    closed = UserFactory.create(is_active=False)
    pages = set()
    for email in ("ada@example.org", "nobody@example.org", closed.email):
        response = client.post(RESET, {"email": email}, follow=True)
        pages.add(re.sub(r'value="[\w-]{64}"', "", html(response)))
    assert len(pages) == 1
    known, unknown, inactive = mail.outbox
    assert known.subject == "Choose a new password for @ada"
    assert (unknown.subject, unknown.to) == ("Nobody has an account with this address", ["nobody@example.org"])
    assert inactive.subject == unknown.subject
    assert "/password/reset/" not in str(unknown.body)


@pytest.mark.parametrize("email", ["ad\u0430@example.org", "ada@ex\u0430mple.org", "ada@example.org.evil.example"])
def test_no_look_alike_gets_the_link(client: Client, email: str) -> None:
    registered()
    client.post(RESET, {"email": email})
    assert all("/password/reset/" not in str(message.body) for message in mail.outbox)


def test_a_letter_that_folds_to_the_same_sends_to_the_owners_address_only(client: Client) -> None:
    registered("kay")
    client.post(RESET, {"email": "\u212aay@example.org"})
    assert the_mail().to == ["kay@example.org"]


def test_a_flood_of_resets_is_stopped(client: Client) -> None:
    registered()
    answers = [client.post(RESET, {"email": "ada@example.org"}).status_code for _ in range(7)]
    assert answers == [302] * 5 + [429] * 2
    assert len(mail.outbox) == 5


def test_a_change_needs_the_password_and_keeps_this_session_alone() -> None:
    user = registered()
    client, elsewhere, program = logged_in(user), logged_in(user), client_of(user)
    response = client.post("/accounts/password/", CHANGE, follow=True)
    assert "Your new password is saved." in html(response)
    assert has_password(user, NEW_PASSWORD)
    assert client.get("/accounts/profile/").status_code == 200
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert program.get("/api/bookmarks").status_code == 401
    assert the_mail().subject == "Your password was changed"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"oldpassword": "wrong"}, "This is not your password."),
        ({"password1": "password"}, "This password is too common."),
        ({"password1": "y2" * 65}, "Use at most 128 characters."),
        ({"password1": ""}, "This field is required."),
    ],
)
def test_a_change_is_refused(change: dict[str, str], message: str) -> None:
    user = registered()
    response = logged_in(user).post("/accounts/password/", {**CHANGE, **change})
    assert errors(response) == [message]
    assert message in alert(response)
    assert has_password(user, PASSWORD)
    assert mail.outbox == []


def test_a_change_writes_no_other_column() -> None:
    """Counts and the graph version change beside it, and a stale copy must not overwrite them."""
    user = registered()
    User.objects.filter(pk=user.pk).update(follower_count=7, graph_version=3)
    logged_in(user).post("/accounts/password/", CHANGE)
    user.refresh_from_db()
    assert (user.follower_count, user.graph_version) == (7, 3)


def test_visitors_log_in_first(client: Client) -> None:
    assert client.get("/accounts/password/").headers["Location"] == "/accounts/login/?next=/accounts/password/"
    assert client.post("/accounts/password/", CHANGE).status_code == 302


def test_who_has_no_password_gets_one_by_mail() -> None:
    user = UserFactory.create()  # as loaded accounts have none
    client = logged_in(user)
    assert client.get("/accounts/password/", follow=True).redirect_chain[-1][0] == RESET
    link = asked_for_reset(client, user.email)
    form_at = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form_at, {"password1": NEW_PASSWORD})
    assert has_password(user, NEW_PASSWORD)
