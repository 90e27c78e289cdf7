"""The e-mail page: a new address counts once the link sent there is opened, and blocks nobody until then."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import services
from accounts.models import User
from accounts.tests.pages import PASSWORD, errors, html, link_in, logged_in, registered, the_mail

pytestmark = pytest.mark.django_db

PAGE = "/accounts/email/"
CHANGE = {"do": "change", "email": "New@Example.org", "password": PASSWORD}


def test_a_new_address_counts_when_its_link_is_opened() -> None:
    user = registered()
    client = logged_in(user)
    response = client.post(PAGE, CHANGE, follow=True)
    assert "You asked for" in html(response)
    message = the_mail()
    assert message.to == ["new@example.org"]
    user.refresh_from_db()
    assert user.email == "ada@example.org"
    assert (
        Client().post(link_in(message)).headers["Location"] == "/accounts/login/"
    )  # in another browser, by mail alone
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert EmailAddress.objects.get(user=user).verified
    notice = the_mail()
    assert (notice.to, notice.subject) == (["ada@example.org"], "Your e-mail address was changed")
    page = html(client.get(PAGE))
    assert "new@example.org" in page
    assert "ada@example.org" not in page
    assert ">confirmed<" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "guess"}, "This is not your password."),
        ({"email": "ADA@example.org"}, "This is your address already."),
        ({"email": "Bob@example.org"}, "This e-mail address is in use."),
        ({"email": "nowhere"}, "Enter a valid email address."),
        ({"email": "a\u017fa@example.org"}, "Use plain letters before the @."),
        ({"email": ""}, "This field is required."),
    ],
)
def test_a_change_is_refused(change: dict[str, str], message: str) -> None:
    user = registered()
    registered("bob")
    response = logged_in(user).post(PAGE, {**CHANGE, **change})
    assert (response.status_code, errors(response)) == (422, [message])
    assert mail.outbox == []
    assert not EmailAddress.objects.filter(user=user).exclude(email="ada@example.org").exists()


def test_a_wish_can_be_replaced_and_forgotten() -> None:
    client = logged_in(registered())
    client.post(PAGE, CHANGE)
    first = link_in(the_mail())
    client.post(PAGE, {**CHANGE, "email": "second@example.org"})
    second = link_in(the_mail())
    assert "This link is no longer good" in html(client.get(first))
    response = client.post(PAGE, {"do": "forget"}, follow=True)
    assert "Your address stays as it is." in html(response)
    assert "This link is no longer good" in html(client.get(second))
    assert client.post(second).status_code == 404
    assert User.objects.get().email == "ada@example.org"


def test_a_wish_blocks_nobody_and_the_later_owner_keeps_the_address() -> None:
    ada = registered()
    client = logged_in(ada)
    client.post(PAGE, CHANGE)
    link = link_in(the_mail())
    new = registered("new", email="new@example.org")
    response = client.post(link, follow=True)
    assert "Another account has new@example.org by now." in html(response)
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"
    assert Client().post("/accounts/login/", {"login": new.email, "password": PASSWORD}).status_code == 302


def test_the_link_is_sent_again_but_not_at_once() -> None:
    user = registered()
    client = logged_in(user)
    response = client.post(PAGE, {"do": "resend"}, follow=True)
    assert "A link is on its way to ada@example.org." in html(response)
    link = link_in(the_mail())
    response = client.post(PAGE, {"do": "resend"}, follow=True)
    assert "A link went to ada@example.org minutes ago." in html(response)
    assert mail.outbox == []
    client.post(link)
    assert ">confirmed<" in html(client.get(PAGE))
    client.post(PAGE, {"do": "resend"})
    assert mail.outbox == []


def test_a_link_for_another_account_logs_this_one_out() -> None:
    ada, bob = registered(), registered("bob")
    logged_in(ada).post(PAGE, CHANGE)
    link = link_in(the_mail())
    browser = logged_in(bob)
    browser.get(link)
    assert "_auth_user_id" not in browser.session


def test_links_are_made_by_this_site_alone(client: Client) -> None:
    registered()
    for key in ("x", "MQ:1abcde:0000000000000000000000000000000000000000000", "-"):
        assert "This link is no longer good" in html(client.get(f"/accounts/email/confirm/{key}/"))
        assert client.post(f"/accounts/email/confirm/{key}/").status_code == 404


def test_visitors_log_in_first_and_a_form_needs_its_token(client: Client) -> None:
    assert client.get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"
    assert client.post(PAGE, CHANGE).status_code == 302
    user = registered()
    assert logged_in(user, enforce_csrf_checks=True).post(PAGE, CHANGE).status_code == 403
    assert not EmailAddress.objects.filter(email="new@example.org").exists()


def test_a_flood_of_changes_is_stopped() -> None:
    client = logged_in(registered())
    answers = [client.post(PAGE, {**CHANGE, "password": "guess"}).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_ask_for_email_says_what_is_wrong_and_changes_nothing() -> None:
    user = registered()
    with pytest.raises(ValidationError):
        services.ask_for_email(user=user, email="nowhere")
    assert user.email == "ada@example.org"
    assert not EmailAddress.objects.exists()
