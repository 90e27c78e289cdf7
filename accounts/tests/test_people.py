"""Lists of people: whose, in which order, with whose buttons, and with how many queries."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Follow, User
from accounts.selectors import people_starting_with
from accounts.services import block, follow
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory
from accounts.tests.pages import Response, html, logged_in

pytestmark = pytest.mark.django_db

COUNTS = pytest.mark.parametrize("count", [1, 20])
LISTS = pytest.mark.parametrize("name", ["followers", "following"])
_ROW = re.compile(r'<li class="person-row" id="p(\d+)">(.*?)</li>', re.DOTALL)
_MORE = re.compile(r'<li class="more"><a [^>]*href="([^"]+)"')


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="Ada")
    return user


def people_on(response: Response) -> list[int]:
    return [int(user_id) for user_id, _ in _ROW.findall(html(response))]


def buttons_on(response: Response) -> dict[int, str | None]:
    """By person: where the button leads."""
    found = {}
    for user_id, row in _ROW.findall(html(response)):
        action = re.search(r'<form method="post" action="([^"]+)"', row)
        found[int(user_id)] = action[1] if action else None
    return found


def related(owner: User, name: str, count: int) -> list[User]:
    """New people on the owner's list, the latest first."""
    people: list[User] = UserFactory.create_batch(count)
    for person in people:
        pair = (person, owner) if name == "followers" else (owner, person)
        follow(follower=pair[0], followee=pair[1])
    return people[::-1]


@LISTS
def test_the_latest_come_first_page_by_page_and_nobody_is_left_out(ada: User, name: str) -> None:
    expected = [person.pk for person in related(ada, name, 45)]
    related(UserFactory.create(), name, 3)  # on another list
    for headers in ({}, {"HX-Request": "true"}):
        client, seen, more = Client(), [], f"/Ada/{name}/"
        while more:
            response = client.get(more, headers=headers)
            assert response.status_code == 200
            assert ("<html" in html(response)) is not bool(headers)
            seen.append(people_on(response))
            link = _MORE.search(html(response))
            more = f"/Ada/{name}/{link[1]}" if link else ""
        assert [len(page) for page in seen] == [20, 20, 5]
        assert [user_id for page in seen for user_id in page] == expected


def test_who_follows_meanwhile_moves_nobody(ada: User) -> None:
    expected = [person.pk for person in related(ada, "followers", 25)]
    first = Client().get("/Ada/followers/")
    related(ada, "followers", 3)
    link = _MORE.search(html(first))
    assert link is not None
    assert people_on(first) + people_on(Client().get(f"/Ada/followers/{link[1]}")) == expected


@LISTS
def test_buttons_show_what_the_viewer_does(ada: User, name: str) -> None:
    followed, stranger, viewer = related(ada, name, 3)
    follow(follower=viewer, followee=followed)
    response = logged_in(viewer).get(f"/Ada/{name}/")
    assert buttons_on(response) == {
        followed.pk: f"/{followed.username}/unfollow/",
        stranger.pk: f"/{stranger.username}/follow/",
        viewer.pk: None,
    }
    assert html(response).count('aria-pressed="true"') == 1
    assert set(buttons_on(Client().get(f"/Ada/{name}/")).values()) == {
        f"/{person.username}/follow/" for person in (followed, stranger, viewer)
    }


def test_a_button_follows_and_returns_to_the_list(ada: User) -> None:
    (person,) = related(ada, "followers", 1)
    viewer = UserFactory.create()
    client = logged_in(viewer)
    client.get("/Ada/followers/")
    response = client.post(f"/{person.username}/follow/", {"next": "/Ada/followers/"}, follow=True)
    assert response.redirect_chain == [("/Ada/followers/", 302)]
    assert buttons_on(response) == {person.pk: f"/{person.username}/unfollow/"}


@COUNTS
@LISTS
def test_a_list_costs_five_queries(
    ada: User, name: str, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The user, the owner, how they stand, the people, how each stands to the user; two for a visitor."""
    related(ada, name, count)
    for client, queries in ((logged_in(UserFactory.create()), 5), (Client(), 2)):
        client.get(f"/Ada/{name}/")
        with django_assert_num_queries(queries):
            response = client.get(f"/Ada/{name}/")
        assert len(people_on(response)) == count


@pytest.mark.parametrize(("name", "index"), [("followers", "follows_followers"), ("following", "follows_following")])
def test_a_list_is_a_walk_of_its_index(ada: User, name: str, index: str) -> None:
    related(ada, name, 3)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    column = "followee" if name == "followers" else "follower"
    plan = Follow.objects.filter(**{column: ada, "id__lt": 2**62}).order_by("-id")[:21].explain()
    assert index in plan
    assert "Sort" not in plan


@LISTS
def test_closed_accounts_are_not_shown(ada: User, name: str) -> None:
    closed, other = related(ada, name, 2)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    assert people_on(Client().get(f"/Ada/{name}/")) == [other.pk]
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert Client().get(f"/Ada/{name}/").status_code == 404


@LISTS
def test_lists_that_are_empty_or_do_not_exist(ada: User, name: str) -> None:
    own, other = html(logged_in(ada).get(f"/Ada/{name}/")), html(Client().get(f"/Ada/{name}/"))
    assert ("Nobody follows you yet." if name == "followers" else "You follow nobody yet.") in own
    assert ("Nobody follows @Ada yet." if name == "followers" else "@Ada follows nobody yet.") in other
    assert Client().get(f"/nobody/{name}/").status_code == 404
    assert Client().get(f"/aDA/{name}/?x=1").headers["Location"] == f"/Ada/{name}/?x=1"
    damaged = Client().get(f"/Ada/{name}/?cursor=damaged")
    assert damaged.status_code == 400
    assert "Go to the first page" in html(damaged)
    assert Client().post(f"/Ada/{name}/").status_code == 405


# Looking people up --------------------------------------------------------------------------------------------------


def named(**names: str) -> dict[str, User]:
    return {name: UserFactory.create(username=name, display_name=shown) for name, shown in names.items()}


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("lo", ["Louise", "lovelace_a", "ada"]),  # by user name first, then by the name that is shown
        ("LOVELACE", ["lovelace_a", "ada"]),
        ("@Lou", ["Louise"]),
        ("  ada ", ["ada"]),
        ("\u00c9mi", ["emilie"]),
        ("e\u0301mi", ["emilie"]),  # the same name, typed with a combining accent
        ("\u041b\u0415", ["leo"]),
        ("100%", ["percent"]),
        ("100%_", []),
        ("_", []),
        ("%", []),
        ("\\", []),
        ("velace", []),
        ("@", []),
        ("", []),
        ("x" * 500, []),
        ("a\0da", ["ada"]),
    ],
)
def test_names_are_found_by_how_they_begin(sought: str, found: list[str]) -> None:
    people = named(
        ada="Lovelace, Ada",
        lovelace_a="Another",
        Louise="Lo",
        emilie="\u00c9milie",
        leo="\u041b\u0435\u043e",
        percent="100% me",
        other="Percival",
    )
    UserFactory.create(username="lost", display_name="Lost", is_active=False)
    response = Client().get("/people/", {"q": sought})
    assert response.status_code == 200
    assert people_on(response) == [people[name].pk for name in found]


@pytest.mark.parametrize("is_blocker", [True, False])
def test_nobody_is_found_across_a_block(is_blocker: bool) -> None:
    ada, bob = UserFactory.create(username="ada"), UserFactory.create(username="bob")
    assert people_on(logged_in(ada).get("/people/?q=bob")) == [bob.pk]
    block(blocker=ada, blocked=bob)
    viewer, other = (ada, "bob") if is_blocker else (bob, "ada")
    assert people_on(logged_in(viewer).get(f"/people/?q={other}")) == []
    assert client_of(viewer).get(f"/api/users?q={other}").json()["results"] == []


def test_the_page_shows_twenty_and_says_so() -> None:
    UserFactory.create_batch(20, display_name="Crowd")
    response = Client().get("/people/?q=crowd")
    assert len(people_on(response)) == 20
    assert "These are the first" not in html(response)
    UserFactory.create(display_name="Crowd")
    response = Client().get("/people/?q=crowd")
    assert len(people_on(response)) == 20
    assert "These are the first 20." in html(response)


def test_nobody_found_and_nothing_asked() -> None:
    assert "Nobody's name begins with “zz”." in html(Client().get("/people/?q=zz"))
    assert people_on(Client().get("/people/")) == []
    assert "&lt;b&gt;" in html(Client().get("/people/?q=<b>"))


@COUNTS
def test_a_look_up_costs_four_queries(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The user, user names, shown names, whom of them the user follows; two for a visitor."""
    UserFactory.create_batch(count, display_name="Crowd")
    for client, queries in ((logged_in(UserFactory.create()), 4), (Client(), 2)):
        client.get("/people/?q=crowd")
        with django_assert_num_queries(queries):
            response = client.get("/people/?q=crowd")
        assert len(people_on(response)) == count


def test_a_look_up_reads_a_few_rows_of_many() -> None:
    """On 5,000 users, with the plan that PostgreSQL itself prefers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (username, email, display_name, password)"
            " SELECT 'n' || n, 'n' || n || '@example.org', 'Shown ' || n, '' FROM generate_series(1, 5000) n"
        )
        cursor.execute("ANALYZE users")
        queries: list[tuple[str, Any]] = []

        def record(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # the shape that Django calls
            queries.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(record):
            found = people_starting_with("N49", None, limit=21)
        assert [user.username for user in found][:3] == ["n49", "n490", "n4900"]
        assert len(queries) == 2
        indexes = ("users_username_prefix", "users_display_name_prefix")
        for (sql, params), index in zip(queries, indexes, strict=True):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF, FORMAT TEXT) {sql}", params)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert f"Index Scan using {index}" in plan, plan
            assert "Seq Scan" not in plan
            assert "Sort" not in plan
            assert int(re.findall(r"rows=(\d+)", plan.partition("actual")[2])[0]) <= 21


# The API ------------------------------------------------------------------------------------------------------------


def test_the_api_finds_people_too() -> None:
    people = named(ada="Lovelace, Ada", lovelace_a="Another")
    answer = APIClient().get("/api/users?q=Love")
    assert answer.json()["next"] is None
    assert [user["id"] for user in answer.json()["results"]] == [str(people[name].pk) for name in ("lovelace_a", "ada")]
    assert answer.json()["results"][1] == APIClient().get("/api/users/ada").json()
    assert len(APIClient().get("/api/users?q=love&limit=1").json()["results"]) == 1


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=a&limit=0", "?q=a&limit=101", "?q=a&limit=x", "?q=a%00"])
def test_the_api_says_what_a_look_up_lacks(query: str) -> None:
    answer = APIClient().get(f"/api/users{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()["errors"]) <= {"q", "limit"}


def test_a_wrong_token_is_refused_for_a_look_up_and_not_asked_for_at_sign_up() -> None:
    wrong = APIClient(headers={"Authorization": "Token nope"})
    assert wrong.get("/api/users?q=a").status_code == 401
    assert wrong.post("/api/users", {}).status_code == 400
    assert client_of(UserFactory.create()).get("/api/users?q=a").status_code == 200
