"""Who leaves is hidden at once, and comes back by logging in; who leaves for good has days to think again."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from knox.models import get_token_model
from pytest_django import Settings

from accounts import moderation
from accounts import services as accounts
from accounts.models import User
from accounts.selectors import erased_after
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory
from accounts.tests.pages import NEW_PASSWORD, PASSWORD, errors, html, link_in, logged_in, registered, the_mail
from socialgraph.models import OutboxEvent

pytestmark = pytest.mark.django_db
PAGE = "/accounts/leave/"


def log_in(client: Client, login: str = "ada", password: str = PASSWORD) -> str:
    return html(client.post("/accounts/login/", {"login": login, "password": password}, follow=True))


def state(user: User) -> tuple[bool, bool, bool]:
    """(is active, left by its own wish, is to be erased)."""
    user.refresh_from_db()
    return user.is_active, user.deactivated_at is not None, erased_after(user) is not None


def test_who_leaves_is_logged_out_everywhere_and_gets_a_mail() -> None:
    ada = registered("ada")
    elsewhere, program = logged_in(ada), client_of(ada)
    client = Client()
    log_in(client)
    mail.outbox.clear()
    answer = client.post(PAGE, {"do": "leave", "password": PASSWORD}, follow=True)
    assert "Your account is hidden. Log in when you want it back." in html(answer)
    assert state(ada) == (False, True, False)
    assert not get_token_model().objects.exists()
    assert program.get("/api/users/ada").status_code == 401
    assert Client().get("/ada/").status_code == 404
    message = the_mail()
    assert (message.subject, message.to) == ("Your account is hidden", ["ada@example.org"])
    assert link_in(message) == "/accounts/login/"
    log_in(client)
    assert elsewhere.get("/accounts/profile/").status_code == 302  # the session from before is over, though she is back


def test_logging_in_brings_everything_back() -> None:
    ada = registered("ada", display_name="Ada L")
    accounts.leave(user=ada, password=PASSWORD)
    client = Client()
    assert "do not belong together" in log_in(client, password="guess")
    assert state(ada) == (False, True, False)
    assert "Welcome back. Your account is as you left it." in log_in(client, "ada@example.org")
    assert state(ada) == (True, False, False)
    assert "Ada L" in html(Client().get("/ada/"))


@pytest.mark.parametrize("do", ["leave", "delete"])
def test_a_wrong_password_changes_nothing(do: str) -> None:
    ada = registered("ada")
    client = logged_in(ada)
    answer = client.post(PAGE, {"do": do, "password": "guess", "delete-password": "guess", "delete-username": "ada"})
    assert answer.status_code == 422
    assert errors(answer) == ["This is not your password."]
    assert state(ada) == (True, False, False)
    assert not mail.outbox


def test_deletion_needs_the_name_too() -> None:
    ada = registered("ada")
    client = logged_in(ada)
    sent = {"do": "delete", "delete-password": PASSWORD}
    assert errors(client.post(PAGE, {**sent, "delete-username": "bob"})) == [
        "Type ada, the name of the account that is to go."
    ]
    assert errors(client.post(PAGE, sent)) == ["This field is required."]
    assert client.post(PAGE, {**sent, "delete-username": "@Ada"}).status_code == 302
    assert state(ada) == (False, True, True)


def test_deletion_waits_and_a_log_in_takes_it_back(settings: Settings) -> None:
    settings.DELETION_DAYS = 3
    ada = registered("ada")
    assert "After <strong>3 days</strong>" in html(logged_in(ada).get(PAGE))
    answer = logged_in(ada).post(
        PAGE, {"do": "delete", "delete-username": "ada", "delete-password": PASSWORD}, follow=True
    )
    ada.refresh_from_db()
    due = erased_after(ada)
    assert due is not None
    assert abs(due - timezone.now() - dt.timedelta(days=3)) < dt.timedelta(minutes=1)
    assert re.search(r"is deleted on \d+ \w+ \d{4}. If you log in before, it stays.", html(answer))
    assert the_mail().subject == "Your account is going to be deleted"
    assert accounts.close_due() == 0
    assert "It will not be deleted." in log_in(Client())
    assert state(ada) == (True, False, False)
    assert accounts.close_due() == 0


def left_for_good(username: str = "ada") -> User:
    """Whose days are over."""
    user = registered(username)
    accounts.leave_for_good(user=user, password=PASSWORD)
    user.preferences["erase_after"] = int(timezone.now().timestamp()) - 1
    user.save(update_fields=["preferences"])
    return user


def test_when_the_days_are_over_it_is_closed_for_erasing() -> None:
    ada, bob = left_for_good(), left_for_good("bob")
    assert accounts.close_due(limit=1) == 1
    assert accounts.close_due() == 1
    assert accounts.close_due() == 0
    closed = OutboxEvent.objects.filter(event="account_closed").values_list("payload__user_id", flat=True)
    assert sorted(closed) == sorted([ada.pk, bob.pk])
    assert state(ada) == (False, False, False)
    assert "do not belong together" in log_in(Client())


def test_without_days_deletion_begins_at_once(settings: Settings) -> None:
    settings.DELETION_DAYS = 0
    ada = registered("ada")
    client = logged_in(ada)
    assert "and is deleted for good." in html(client.get(PAGE))
    sent = {"do": "delete", "delete-username": "ada", "delete-password": PASSWORD}
    assert "Your account is closed and is being deleted." in html(client.post(PAGE, sent, follow=True))
    assert OutboxEvent.objects.filter(event="account_closed", payload__user_id=ada.pk).exists()
    assert "log in" not in str(the_mail().body)


def test_what_staff_closed_does_not_come_back_by_itself() -> None:
    ada = registered("ada")
    moderation.deactivate(user=ada)
    assert "This account is closed" in log_in(Client())
    assert state(ada) == (False, False, False)
    bob = registered("bob")
    accounts.leave(user=bob, password=PASSWORD)
    assert moderation.deactivate(user=bob)
    assert "This account is closed" in log_in(Client(), "bob")


def test_staff_keep_or_reactivate_who_left_for_good() -> None:
    ada, bob = left_for_good(), left_for_good("bob")
    assert accounts.keep_account(user=ada)
    assert not accounts.keep_account(user=ada)
    assert state(ada) == (False, True, False)
    assert moderation.reactivate(user=bob)
    assert state(bob) == (True, False, False)
    assert accounts.close_due() == 0
    assert "Welcome back." in log_in(Client())


def test_a_name_and_an_address_stay_taken_while_their_owner_is_away() -> None:
    left_for_good()
    answer = Client().post(
        "/accounts/signup/", {"username": "Ada", "email": "ada@example.org", "password1": NEW_PASSWORD}
    )
    assert errors(answer) == ["This user name is taken.", "This e-mail address is in use."]


def test_who_forgot_the_password_while_away_gets_a_link_and_a_closed_account_none() -> None:
    ada, bob = registered("ada"), registered("bob")
    accounts.leave(user=ada, password=PASSWORD)
    moderation.deactivate(user=bob)
    Client().post("/accounts/password/reset/", {"email": "bob@example.org"})
    assert the_mail().subject == "Nobody has an account with this address"
    client = Client()
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    form = client.get(link_in(the_mail()), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW_PASSWORD})
    assert state(ada) == (False, True, False)
    assert "Welcome back." in log_in(Client(), password=NEW_PASSWORD)


def test_leaving_twice_and_coming_back_twice() -> None:
    ada = registered("ada")
    assert accounts.leave(user=ada, password=PASSWORD)
    assert not accounts.leave(user=ada, password=PASSWORD)
    assert not accounts.leave_for_good(user=ada, password=PASSWORD)
    assert accounts.come_back(user=ada)
    assert not accounts.come_back(user=ada)


def test_the_page_is_for_members_and_says_what_a_passwordless_account_does_first() -> None:
    assert Client().get(PAGE).headers["Location"] == "/accounts/login/?next=/accounts/leave/"
    ada = registered("ada")
    ada.set_unusable_password()
    ada.save()
    assert "First choose a password" in html(logged_in(ada).get(PAGE))


def test_guessing_the_password_on_the_page_is_stopped() -> None:
    client = logged_in(registered("ada"))
    answers = [client.post(PAGE, {"do": "leave", "password": "guess"}).status_code for _ in range(12)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_staff_see_who_left_and_what_becomes_of_it() -> None:
    ada, bob, eve = registered("ada"), registered("bob"), left_for_good("eve")
    staff = logged_in(UserFactory.create(username="chief", is_staff=True, is_superuser=True))
    accounts.leave(user=ada, password=PASSWORD)
    moderation.deactivate(user=bob)
    page = "/admin/accounts/user/{}/change/".format

    def standing(user: User) -> str:
        found = re.search(
            r'field-standing.*?<div class="readonly">(.*?)</div>', html(staff.get(page(user.pk))), re.DOTALL
        )
        assert found is not None
        return re.sub(r"\w+\.? \d+, \d{4}", "DAY", found[1])

    assert [standing(user) for user in (ada, bob, eve)] == [
        "left by its owner on DAY",
        "deactivated by staff",
        "left by its owner on DAY; deleted on DAY",
    ]
    waiting = html(staff.get("/admin/accounts/user/?standing=waiting"))
    assert f"{eve.pk}/change" in waiting
    assert f"{ada.pk}/change" not in waiting
    answer = staff.post("/admin/accounts/user/", {"action": "keep", "_selected_action": [ada.pk, eve.pk]}, follow=True)
    assert "Cancelled the deletion of 1 users." in html(answer)
    assert standing(eve) == "left by its owner on DAY"
    accounts.close_account(user=eve)
    assert standing(eve) == "being deleted: 0 rows so far"
    staff.post("/admin/accounts/user/", {"action": "reactivate", "_selected_action": [eve.pk, ada.pk]})
    assert standing(eve) == standing(ada) == "active"
    assert state(eve) == state(ada) == (True, False, False)
