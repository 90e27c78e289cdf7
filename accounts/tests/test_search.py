"""People are found by what they are called, and nobody by whom they want nothing to do with."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import search
from accounts.models import User
from accounts.search import people_found
from accounts.services import block, follow, protect
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def named(**people: str) -> dict[str, User]:
    return {name: UserFactory.create(username=name, display_name=shown) for name, shown in people.items()}


def names(sought: str, viewer: User | None = None, limit: int = 8) -> list[str]:
    return [user.username for user in people_found(sought, viewer, limit=limit)]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("ada", ["ada", "adam", "lovelace", "yamada"]),
        ("@ADA", ["ada", "adam", "lovelace", "yamada"]),
        ("love", ["lovelace", "ada"]),
        ("muller", ["emilie"]),
        ("Émilie Mü", ["emilie"]),
        ("太郎", ["yamada"]),
        ("郎", ["yamada"]),
        ("velac", ["ada", "lovelace"]),
        ("ada-l", ["lovelace", "ada"]),
        ("countess of love", ["ada"]),
        ("of_love", ["ada"]),
        ("of lo", ["ada"]),
        ("f lo", ["ada"]),
        ("न्दी", ["hindi"]),
        ("हिन्दि", ["hindi"]),
        ("ـــ", []),
        ("％％％", []),
        ("＿＿＿", []),
        ("yamadda", ["yamada"]),
        ("100%", ["percent"]),
        ("_", []),
        ("%", []),
        ("\\", []),
        ("'); --", []),
        ("@", []),
        ("", []),
        ("\0", []),
        ("x" * 10_000, []),
        ("\ud800", []),
    ],
)
def test_by_any_part_of_a_name(sought: str, found: list[str]) -> None:
    named(
        ada="Countess of Lovelace",
        adam="Adam",
        lovelace="Ada L.",
        emilie="Dr Émilie Müller",
        yamada="山田太郎",
        percent="100% me",
        hindi="हिन्दी",
    )
    UserFactory.create(username="adagone", is_active=False)
    assert names(sought) == found


def test_a_word_comes_first_however_many_hold_it_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", 3)
    named(hanna="H", hannah="H", johanna="J", joanna="J", mary="Mary Ann")
    assert names("ann")[0] == "mary"
    assert len(names("ann")) == 1 + 3


def test_whom_one_follows_comes_first_and_the_exact_name_before() -> None:
    people = named(sam="Sam", sama="A", samb="B", samc="C")
    viewer = UserFactory.create()
    follow(follower=viewer, followee=people["samc"])
    assert names("sam", viewer) == ["sam", "samc", "sama", "samb"]
    assert names("sam") == ["sam", "sama", "samb", "samc"]
    assert names("sam", viewer, limit=2) == ["sam", "samc"]


def test_blocks_hide_both_from_each_other_and_protected_people_are_found() -> None:
    people = named(sam="Sam", samb="B")
    block(blocker=people["sam"], blocked=people["samb"])
    assert names("sam", people["samb"]) == ["samb"]
    assert names("samb", people["sam"]) == ["sam"]  # which is like it
    assert names("B", people["sam"]) == []
    assert names("sam") == ["sam", "samb"]
    protect(user=people["sam"], protected=True)
    assert names("sam", UserFactory.create()) == ["sam", "samb"]


@pytest.mark.parametrize("count", [1, 20])
def test_a_few_queries_however_many_are_found(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    UserFactory.create_batch(count, display_name="Crowd")
    viewer = UserFactory.create(username="other")
    with django_assert_num_queries(2 if count == 20 else 3):
        assert len(people_found("crowd", viewer, limit=20)) == count


def test_a_name_like_it_is_asked_for_when_there_is_no_other(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    named(yamada="Y", yamadda="Y")
    assert names("yamadda") == ["yamadda"]
    with django_assert_num_queries(4):
        assert names("yamaada") == ["yamada"]
