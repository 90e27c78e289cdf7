import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from accounts import services
from accounts.models import Celebrity, Follow, User
from accounts.tests.factories import UserFactory
from socialgraph.models import OutboxEvent

pytestmark = pytest.mark.django_db
PASSWORD = "difference engine 1843"


def register(**changes: str) -> User:
    return services.register(
        **{"username": "Ada", "email": "ada@example.org", "password": PASSWORD, "display_name": "Ada L.", **changes}
    )


def refusals(**changes: str) -> dict[str, list[str]]:
    before = User.objects.count()
    with pytest.raises(ValidationError) as refusal, transaction.atomic():
        register(**changes)
    assert User.objects.count() == before
    return refusal.value.message_dict


def test_register() -> None:
    user = register()
    user.refresh_from_db()
    assert (user.username, user.email, user.display_name) == ("Ada", "ada@example.org", "Ada L.")
    assert user.last_active_on is not None
    assert not user.is_staff
    assert authenticate(username="Ada", password=PASSWORD) == user


def test_the_display_name_may_be_left_out() -> None:
    assert register(display_name=" ").display_name == "Ada"


def test_passwords_are_argon2id_at_owasps_minimum() -> None:
    assert register().password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_bcrypt_is_accepted_and_upgraded_on_login() -> None:
    user = register()
    User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD, hasher="bcrypt_sha256"))
    assert authenticate(username="ada", password=PASSWORD) == user
    user.refresh_from_db()
    assert identify_hasher(user.password).algorithm == "argon2"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "sixteen_letters_"}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": "Zoë"}, "username"),
        ({"username": "ada\n"}, "username"),
        ({"username": "Admin"}, "username"),
        ({"email": "no address"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password"}, "password"),
        ({"display_name": "x" * 51}, "display_name"),
        ({"display_name": "two\nlines"}, "display_name"),
    ],
)
def test_register_refuses(changes: dict[str, str], field: str) -> None:
    assert list(refusals(**changes)) == [field]


def test_name_and_address_are_unique_whatever_their_case() -> None:
    register()
    assert refusals(username="aDA", email="ADA@Example.org") == {
        "username": ["This user name is taken."],
        "email": ["This e-mail address is in use."],
    }


def test_names_and_addresses_are_found_by_the_unique_index() -> None:
    user = register()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for condition, index in (("username", "users_username_unique"), ("email", "users_email_unique")):
        found = User.objects.filter(**{f"{condition}__iexact": getattr(user, condition).upper()})
        assert found.get() == user
        assert index in found.explain()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("username", "ADA"),
        ("email", "ADA@EXAMPLE.ORG"),
        ("username", "no-dash"),
        ("email", ""),
        ("display_name", ""),
        ("tweet_count", "-1"),
    ],
)
def test_the_database_refuses_it_too(column: str, value: str) -> None:
    register()
    bob = UserFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=bob.pk).update(**{column: value})


def test_follow_and_unfollow_say_whether_anything_changed() -> None:
    ada, bob = UserFactory.create_batch(2)
    assert services.follow(follower=ada, followee=bob) is True
    assert services.follow(follower=ada, followee=bob) is False
    assert Follow.objects.values_list("follower_id", "followee_id").get() == (ada.pk, bob.pk)
    assert services.unfollow(follower=bob, followee=ada) is False
    assert services.unfollow(follower=ada, followee=bob) is True
    assert services.unfollow(follower=ada, followee=bob) is False


def test_nobody_follows_themselves() -> None:
    ada = UserFactory.create()
    with pytest.raises(ValidationError):
        services.follow(follower=ada, followee=ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(follower=ada, followee=ada)


def test_a_follow_needs_two_people() -> None:
    ada, gone = UserFactory.create_batch(2)
    User.objects.filter(pk=gone.pk).delete()
    services.follow(follower=ada, followee=gone)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as the commit would


def test_what_changes_nothing_outdates_nothing() -> None:
    ada, bob = UserFactory.create_batch(2)
    versions = []
    for action in (services.follow, services.follow, services.unfollow, services.unfollow):
        action(follower=ada, followee=bob)
        ada.refresh_from_db()
        versions.append(ada.graph_version)
    assert versions == [1, 1, 2, 2]


def test_activity_is_written_once_a_day(django_assert_num_queries: pytest.FixtureRequest) -> None:
    ada = UserFactory.create(last_active_on=None)
    assert services.mark_active(user=ada) is True
    with django_assert_num_queries(0):  # type: ignore[operator]  # a fixture that is a context manager
        assert services.mark_active(user=ada) is False


def with_followers(count: int) -> User:
    author = UserFactory.create()
    User.objects.filter(pk=author.pk).update(follower_count=count)
    return author


def state(user: User) -> Celebrity:
    user.refresh_from_db()
    return Celebrity(user.celebrity)


def test_celebrities_rise_at_the_threshold_and_leave_below_eighty_percent(settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 100
    author = with_followers(99)
    states = []
    for count in (99, 100, 99, 80, 79, 99):
        User.objects.filter(pk=author.pk).update(follower_count=count)
        services.flag_celebrities()
        states.append(state(author))
    no, yes, leaving = Celebrity.NO, Celebrity.YES, Celebrity.LEAVING
    assert states == [no, yes, yes, yes, leaving, leaving]
    assert OutboxEvent.objects.get(event="celebrity_left").payload == {"user_id": author.pk, "crossing": 2}


def test_a_changed_threshold_moves_everybody(settings: Settings) -> None:
    few, many = with_followers(10), with_followers(1000)
    settings.CELEBRITY_FOLLOWER_COUNT = 1000
    assert services.flag_celebrities() == ([many.pk], [])
    settings.CELEBRITY_FOLLOWER_COUNT = 5
    assert services.flag_celebrities() == ([few.pk], [])
    settings.CELEBRITY_FOLLOWER_COUNT = 10_000
    risen, fallen = services.flag_celebrities()
    assert (risen, sorted(fallen)) == ([], sorted([few.pk, many.pk]))


def test_a_late_end_of_leaving_does_not_undo_a_new_rise(settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 100
    author = with_followers(100)
    services.flag_celebrities()
    User.objects.filter(pk=author.pk).update(follower_count=1)
    services.flag_celebrities()
    User.objects.filter(pk=author.pk).update(follower_count=100)
    services.flag_celebrities()
    assert services.finish_leaving(user_id=author.pk, crossing=2) is False
    assert state(author) is Celebrity.YES


def test_folding_counts_flags_who_crosses(settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 2
    star, *fans = UserFactory.create_batch(3)
    for fan in fans:
        services.follow(follower=fan, followee=star)
    assert state(star) is Celebrity.NO
    services.flush_counts()
    assert state(star) is Celebrity.YES
