"""What staff change about people goes through services: counts, timelines and log-ins stay right."""

import io
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from knox.models import get_token_model
from PIL import Image

from accounts import services
from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import counts
from socialgraph.models import OutboxEvent

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
USERS, FOLLOWS = "/admin/accounts/user/", "/admin/accounts/follow/"


@pytest.fixture
def client() -> Client:
    return logged_in(UserFactory.create(username="chief", is_staff=True, is_superuser=True))


@pytest.fixture
def ada() -> User:
    return services.register(username="ada", email="ada@example.org", password=PASSWORD, display_name="Ada")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fields_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send back when nothing is changed."""
    form = client.get(path).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in values.items() if value not in (None, False) and name != "avatar"}


def refusals(answer: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = answer.context["adminform"].form.errors
    return errors


def test_a_user_is_added_by_registering(client: Client) -> None:
    data = {"username": "Ada", "email": "ADA@example.org", "display_name": "Ada L.", "password1": PASSWORD}
    client.post(f"{USERS}add/", data | {"password2": PASSWORD})
    user = User.objects.get(username="Ada")
    assert (user.email, user.display_name, user.check_password(PASSWORD)) == ("ada@example.org", "Ada L.", True)
    assert not user.is_staff
    again = client.post(f"{USERS}add/", data | {"username": "aDA", "password2": PASSWORD})
    assert "taken" in str(refusals(again))
    reserved = client.post(f"{USERS}add/", data | {"username": "Admin", "password2": PASSWORD})
    assert "reserved" in str(refusals(reserved))
    weak = client.post(f"{USERS}add/", data | {"username": "bob", "password1": "12345678", "password2": "12345678"})
    assert "password2" in refusals(weak)
    assert User.objects.count() == 2


def test_a_change_writes_no_count_and_no_graph_version(client: Client, ada: User) -> None:
    path = f"{USERS}{ada.pk}/change/"
    data = fields_of(client, path)
    User.objects.filter(pk=ada.pk).update(follower_count=5, graph_version=9)  # by others, while the form is open
    data |= {"username": "countess", "email": "countess@example.org", "bio": "Numbers.", "verified": "on"}
    assert client.post(path, data).status_code == 302
    ada.refresh_from_db()
    assert (ada.username, ada.email, ada.bio) == ("countess", "countess@example.org", "Numbers.")
    assert (ada.verified, ada.is_active, ada.follower_count, ada.graph_version) == (True, True, 5, 9)
    address = EmailAddress.objects.get(user=ada)
    assert (address.email, address.primary, address.verified) == ("countess@example.org", True, False)
    assert "reserved" in str(refusals(client.post(path, data | {"username": "Login"})))
    assert "taken" in str(refusals(client.post(path, data | {"username": "CHIEF"})))
    assert "in use" in str(refusals(client.post(path, data | {"email": "Chief@example.org"})))
    ada.refresh_from_db()
    assert ada.username == "countess"


def test_fixed_fields_are_not_taken_from_a_form(client: Client, ada: User) -> None:
    path = f"{USERS}{ada.pk}/change/"
    sent = {"id": "1", "follower_count": "7", "celebrity": "1", "crossings": "3", "graph_version": "3", "password": "x"}
    assert client.post(path, fields_of(client, path) | sent).status_code == 302
    assert User.objects.filter(pk=ada.pk, follower_count=0, celebrity=0, crossings=0, graph_version=0).exists()
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_a_picture_is_removed_and_none_is_taken_unchecked(
    client: Client, ada: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    file = io.BytesIO()
    Image.new("RGB", (9, 9), "teal").save(file, "PNG")
    file.seek(0)
    services.edit_profile(user=ada, display_name="Ada", bio="", region="", avatar=file)
    path = f"{USERS}{ada.pk}/change/"
    data = fields_of(client, path)
    client.post(path, data | {"avatar": SimpleUploadedFile("a.html", b"<script>")})
    assert User.objects.get(pk=ada.pk).avatar == ada.avatar
    client.post(path, data | {"removes_avatar": "on"})
    assert not User.objects.get(pk=ada.pk).avatar


def test_a_password_is_set_without_touching_counts(client: Client, ada: User) -> None:
    get_token_model().objects.create(user=ada)
    path = reverse("admin:auth_user_password_change", args=[ada.pk])
    assert client.get(path).status_code == 200
    User.objects.filter(pk=ada.pk).update(follower_count=5)
    new = {"password1": "another long secret", "password2": "another long secret", "usable_password": "true"}
    assert client.post(path, new | {"set-password": "1"}).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("another long secret")
    assert ada.follower_count == 5
    assert not get_token_model().objects.exists()
    client.post(path, {"usable_password": "false", "unset-password": "1"})
    assert not User.objects.get(pk=ada.pk).has_usable_password()
    assert client.get("/admin/password_change/").headers["Location"] == reverse("account_change_password")


def test_staff_cannot_raise_themselves(client: Client, ada: User) -> None:
    moderator = UserFactory.create(is_staff=True)
    moderator.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    chief, own = User.objects.get(username="chief"), logged_in(moderator)
    path = f"{USERS}{moderator.pk}/change/"
    assert own.post(path, fields_of(own, path) | {"is_superuser": "on", "is_staff": "on"}).status_code == 302
    assert User.objects.filter(is_superuser=True).get() == chief
    assert own.get(reverse("admin:auth_user_password_change", args=[chief.pk])).status_code == 403
    assert own.post(f"{USERS}{chief.pk}/change/", {"username": "x"}).status_code == 403
    assert own.post(f"{USERS}{chief.pk}/delete/", {"post": "yes"}).status_code == 403
    own.post(USERS, {"action": "deactivate", "_selected_action": [chief.pk, ada.pk, moderator.pk]})
    assert list(User.objects.filter(is_active=False)) == [ada]
    closing = {"action": "delete_selected", "_selected_action": [chief.pk, ada.pk], "post": "yes"}
    assert "protected" in own.post(USERS, closing).content.decode()
    assert not OutboxEvent.objects.exists()


def test_deactivating_and_back(client: Client, ada: User) -> None:
    client.post(USERS, {"action": "deactivate", "_selected_action": [ada.pk]})
    assert not User.objects.get(pk=ada.pk).is_active
    assert Client().get("/ada/").status_code == 404
    client.post(USERS, {"action": "reactivate", "_selected_action": [ada.pk]})
    assert Client().get("/ada/").status_code == 200


def test_deleting_a_user_closes_the_account_and_leaves_the_rest_to_a_worker(client: Client, ada: User) -> None:
    get_token_model().objects.create(user=ada)
    services.follow(follower=ada, followee=User.objects.get(username="chief"))
    page = client.get(f"{USERS}{ada.pk}/delete/").content.decode()
    assert "closed at once" in page
    client.post(f"{USERS}{ada.pk}/delete/", {"post": "yes"})
    ada.refresh_from_db()
    assert (ada.is_active, ada.has_usable_password()) == (False, False)
    assert not get_token_model().objects.exists()
    assert OutboxEvent.objects.get(event="account_closed").payload == {"user_id": ada.pk}
    chief = User.objects.get(username="chief")
    assert client.post(f"{USERS}{chief.pk}/delete/", {"post": "yes"}).status_code == 403


def test_follows_come_and_go_by_services(client: Client, ada: User) -> None:
    people = UserFactory.create_batch(3)
    for person in people:
        client.post(f"{FOLLOWS}add/", {"follower": ada.pk, "followee": person.pk})
    ada.refresh_from_db()
    assert ada.graph_version == 3  # the next home read rebuilds
    assert "You cannot follow yourself." in str(
        refusals(client.post(f"{FOLLOWS}add/", {"follower": ada.pk, "followee": ada.pk}))
    )
    again = client.post(f"{FOLLOWS}add/", {"follower": ada.pk, "followee": people[0].pk})
    assert "already exists" in str(refusals(again))
    first, *others = Follow.objects.order_by("id")
    assert client.post(f"{FOLLOWS}{first.pk}/change/", {"follower": people[1].pk}).status_code == 403
    client.post(f"{FOLLOWS}{first.pk}/delete/", {"post": "yes"})
    rows = [row.pk for row in others]
    client.post(FOLLOWS, {"action": "delete_selected", "_selected_action": rows, "post": "yes"})
    ada.refresh_from_db()
    assert ada.graph_version == 6
    assert not Follow.objects.exists()
    while services.flush_counts():
        pass
    assert counts.drift()[1] == []


def test_an_address_is_verified_by_the_librarys_rule(client: Client, ada: User) -> None:
    mine = EmailAddress.objects.create(user=ada, email="shared@example.org")
    other = EmailAddress.objects.create(user=UserFactory.create(), email="shared@example.org", verified=True)
    own = EmailAddress.objects.create(user=ada, email="own@example.org")
    data = {"action": "mark_verified", "_selected_action": [mine.pk, other.pk, own.pk]}
    answer = client.post("/admin/account/emailaddress/", data, follow=True)
    assert "Marked 1 addresses" in answer.content.decode()
    assert set(EmailAddress.objects.filter(verified=True)) == {other, own}
