"""Sign-up by the page: the rules are those of `services.register`, whoever asks."""

import socket
import threading
import time

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.pages import PASSWORD, alert, errors, html, link_in, logged_in, registered, the_mail

pytestmark = pytest.mark.django_db

FORM = {"username": "Ada", "email": "Ada@Example.org", "display_name": "Ada L.", "password1": PASSWORD}


def test_who_signs_up_is_logged_in_and_welcomed_by_mail(client: Client) -> None:
    response = client.post("/accounts/signup/", FORM)
    user = User.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.username, user.email, user.display_name) == ("Ada", "ada@example.org", "Ada L.")
    message = the_mail()
    assert (message.to, message.subject) == (["ada@example.org"], "Welcome, @Ada: confirm your e-mail address")
    assert link_in(message).startswith("/accounts/email/confirm/")
    assert PASSWORD not in str(message.body)


def test_nobody_waits_for_the_confirmation(client: Client) -> None:
    client.post("/accounts/signup/", FORM)
    assert "Unconfirmed, and here." in html(client.post("/compose/", {"text": "Unconfirmed, and here."}, follow=True))


def test_the_link_of_the_welcome_confirms_the_address(client: Client) -> None:
    client.post("/accounts/signup/", FORM)
    link = link_in(the_mail())
    assert "Yes, confirm it" in html(client.get(link))
    assert "not confirmed yet" in html(client.get("/accounts/email/"))  # looking at it confirms nothing
    response = client.post(link, follow=True)
    assert "ada@example.org is confirmed." in html(response)
    assert "not confirmed yet" not in html(response)
    assert "This link is no longer good" in html(client.get(link))


def test_the_shown_name_may_be_left_out(client: Client) -> None:
    client.post("/accounts/signup/", {**FORM, "display_name": "  "})
    assert User.objects.get().display_name == "Ada"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": "BOB"}, "This user name is taken."),
        ({"username": "people"}, "This name is reserved. Choose another one."),
        ({"username": "Admin"}, "This name is reserved. Choose another one."),
        ({"username": "a b"}, "Use letters, digits and _ only."),
        ({"username": "\u0430da"}, "Use letters, digits and _ only."),  # a Cyrillic a
        ({"username": "\uff41\uff44\uff41"}, "Use letters, digits and _ only."),  # full width
        ({"username": "ad\u0131"}, "Use letters, digits and _ only."),  # a dotless i
        ({"username": ""}, "This field is required."),
        ({"username": "x" * 16}, "Ensure this value has at most 15 characters (it has 16)."),
        ({"email": "BOB@Example.ORG"}, "This e-mail address is in use."),
        ({"email": "nowhere"}, "Enter a valid email address."),
        ({"email": "\u212aay@example.org"}, "This e-mail address is in use."),  # a Kelvin sign, whose small letter is k
        ({"email": "a\u0131a@example.org"}, "Use plain letters before the @."),  # a dotless i
        ({"email": "a\u017fa@example.org"}, "Use plain letters before the @."),  # a long s
        ({"display_name": "two\nlines"}, "Use one line of text, without marks that turn its direction round."),
        ({"display_name": "\u202elive"}, "Use one line of text, without marks that turn its direction round."),
        ({"display_name": "x" * 51}, "Ensure this value has at most 50 characters (it has 51)."),
        ({"password1": "password"}, "This password is too common."),
        ({"password1": "short 1"}, "This password is too short. It must contain at least 8 characters."),
        ({"password1": "ada@example.org"}, "The password is too similar to the email."),
        ({"password1": "x1" * 65}, "Use at most 128 characters."),
    ],
)
def test_what_is_wrong_stands_beside_the_field(client: Client, change: dict[str, str], message: str) -> None:
    registered("bob")
    registered("kay")
    response = client.post("/accounts/signup/", {**FORM, **change})
    assert errors(response) == [message.replace("'", "&#x27;")]
    (name,) = change
    page = html(response)
    assert f'href="#id_{name}"' in page
    assert f'id="id_{name}_error"' in page
    assert 'aria-invalid="true"' in page
    assert f'aria-describedby="id_{name}_' in page
    assert User.objects.count() == 2
    assert "_auth_user_id" not in client.session
    assert mail.outbox == []


def test_everything_wrong_is_said_at_once_and_what_was_typed_is_kept(client: Client) -> None:
    response = client.post("/accounts/signup/", {**FORM, "username": "root", "email": "x", "password1": "password"})
    assert len(errors(response)) == 3
    assert alert(response).count(":") == 4
    assert 'value="Ada L."' in html(response)
    assert 'value="password"' not in html(response)


def test_the_fields_say_what_they_are_for(client: Client) -> None:
    page = html(client.get("/accounts/signup/"))
    for name, purpose in (("username", "username"), ("email", "email"), ("password1", "new-password")):
        field = page.partition(f'name="{name}"')[2].partition(">")[0]
        assert f'autocomplete="{purpose}"' in field
        assert "required" in field
        assert f'<label for="id_{name}">' in page


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/bookmarks/", "/bookmarks/"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("/\\evil.example", "/")],
)
def test_sign_up_leads_on_within_the_site_only(client: Client, target: str, expected: str) -> None:
    assert client.get("/accounts/signup/", {"next": target}).status_code == 200
    response = client.post("/accounts/signup/", {**FORM, "next": target})
    assert response.headers["Location"] == expected


def test_who_is_logged_in_is_sent_home() -> None:
    client = logged_in(registered())
    for page in ("signup", "login"):
        response = client.get(f"/accounts/{page}/")
        assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.post("/accounts/signup/", {**FORM, "username": "other"}).status_code == 302
    assert User.objects.count() == 1


def test_no_sign_up_without_the_token_of_the_page() -> None:
    assert Client(enforce_csrf_checks=True).post("/accounts/signup/", FORM).status_code == 403
    assert not User.objects.exists()


def test_a_flood_of_sign_ups_is_stopped(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "3/h/ip"}
    for _ in range(3):
        client.post("/accounts/signup/", {**FORM, "email": "x"})
    response = client.post("/accounts/signup/", FORM)
    assert response.status_code == 429
    assert not User.objects.exists()
    assert Client(REMOTE_ADDR="192.0.2.7").post("/accounts/signup/", FORM).status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", ["username", "email"])
def test_of_two_sign_ups_at_the_same_moment_one_is_told(same: str) -> None:
    barrier, answers = threading.Barrier(4), []

    def run(number: int) -> None:
        form = {**FORM, "username": f"ada{number}", "email": f"ada{number}@example.org", same: FORM[same]}
        client = Client()
        barrier.wait()
        answers.append(client.post("/accounts/signup/", form))
        connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    words = {"username": "This user name is taken.", "email": "This e-mail address is in use."}[same]
    assert [errors(answer) for answer in answers if answer.status_code == 200] == [[words]] * 3
    assert User.objects.count() == 1


@pytest.mark.parametrize("is_listening", [False, True])
def test_a_mail_server_that_is_away_or_hangs_stops_nobody(
    client: Client, settings: Settings, is_listening: bool
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as server:  # it never says a word
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        if not is_listening:
            server.close()
        before = time.monotonic()
        response = client.post("/accounts/signup/", FORM, follow=True)
    assert time.monotonic() - before < 5
    assert "Our mail does not go out at the moment." in html(response)
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
