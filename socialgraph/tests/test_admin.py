"""Every admin page opens, for staff only, with a fixed number of queries and without counting a big table."""

import re
from collections.abc import Iterator

import pytest
from django.db import DataError, connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import big_table_admin
from socialgraph.models import CountDelta, OutboxEvent
from socialgraph.tests.admin_site import logged_in, many_rows, models, row_of_each, superuser, url
from tweets.models import Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> User:
    return superuser()


@pytest.fixture
def client(chief: User) -> Client:
    return logged_in(chief)


def pages(model: type[Model]) -> Iterator[str]:
    yield url(model, "changelist")
    yield url(model, "add")
    if row := model._default_manager.order_by("-pk").first():
        yield from (url(model, page, row.pk) for page in ("change", "delete", "history"))


def test_every_model_is_there() -> None:
    names = {model.__name__ for model in models()}
    assert {"User", "Follow", "Tweet", "TweetCounts", "Like", "Bookmark", "PostKey", "Media"} <= names
    assert {"OutboxEvent", "CountDelta", "EmailAddress", "AuthToken", "LogEntry", "Group"} <= names


def test_every_page_opens_for_a_superuser(client: Client, chief: User) -> None:
    row_of_each(chief)
    refused = set()
    for model in models():
        assert model._default_manager.exists(), model
        for page in pages(model):
            status = client.get(page).status_code
            if status == 403:
                refused.add(f"{model.__name__} {page.rstrip('/').rpartition('/')[2]}")
            else:
                assert status == 200, page
    read_only: tuple[str, ...] = ("TweetCounts", "TweetVersion", "Draft", "Media", "PostKey", "Report")
    read_only += ("OutboxEvent", "CountDelta", "LogEntry")
    added_elsewhere = {"EmailAddress add", "AuthToken add", "BookmarkFolder add"}
    assert refused == {f"{name} {page}" for name in read_only for page in ("add", "delete")} | added_elsewhere
    assert client.get("/admin/").status_code == 200


def test_who_is_not_staff_finds_nothing(chief: User) -> None:
    row_of_each(chief)
    member = logged_in(UserFactory.create())
    for model in models():
        for page in pages(model):
            assert member.get(page, follow=True).status_code == 404, page
            assert member.post(page, follow=True).status_code == 404, page
            assert Client().get(page).status_code == 302, page
    assert Client().get("/admin/", follow=True).redirect_chain == [
        ("/admin/login/?next=/admin/", 302),
        ("/accounts/login/?next=/admin/", 302),
    ]


def test_staff_without_permissions_see_an_empty_index(chief: User) -> None:
    row_of_each(chief)
    helper = logged_in(UserFactory.create(is_staff=True))
    assert helper.get("/admin/").status_code == 200
    assert {helper.get(page).status_code for model in models() for page in pages(model)} == {403}


def test_as_many_queries_for_fifty_rows_as_for_one(
    client: Client, chief: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row_of_each(chief)
    lists = [url(model, "changelist") for model in models()]
    client.get(lists[0])  # content types are read once a process
    numbers = {}
    for path in lists:
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        numbers[path] = len(captured)
    many_rows(chief, 50)
    for path in lists:
        with django_assert_num_queries(numbers[path]):
            assert client.get(path).status_code == 200
    assert max(numbers.values()) <= 11


def captured_sql(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]


@pytest.fixture
def big_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (username, email, display_name, password)"
            " SELECT 'm' || n, 'm' || n || '@example.org', 'Member ' || n, '!' FROM generate_series(1, 120000) n;"
            " INSERT INTO tweets (author_id, text, hashtags)"
            " SELECT id, 'Hello', CASE WHEN username = 'm7' THEN ARRAY['rare'] ELSE '{}' END FROM users;"
            " INSERT INTO follows (follower_id, followee_id)"
            " SELECT u.id, (SELECT id FROM users WHERE username = 'm7') FROM users u WHERE u.username <> 'm7';"
            " ANALYZE users, tweets, tweet_counts, follows, count_deltas"
        )


@pytest.mark.usefixtures("big_tables")
def test_a_big_table_is_neither_counted_nor_walked(client: Client) -> None:
    for model in (User, Tweet, Follow, CountDelta):
        path = url(model, "changelist")
        sql = captured_sql(client, path)
        assert [query for query in sql if "count(" in query.lower()] == [], model
        page = client.get(path).content.decode()
        number = re.search(r"\n(\d+) [a-z ]+\n", page)
        assert number is not None
        assert 100_000 < int(number[1]) < 300_000
        assert "Pages reach the newest 10,000 rows" in page
        assert client.get(f"{path}?p=200").status_code == 200
        assert client.get(f"{path}?p=201").status_code == 302  # to the list's beginning
        assert client.get(f"{path}?all=").content.count(b'name="_selected_action"') <= 50

    for path in (f"{url(User, 'changelist')}?is_active__exact=1", f"{url(Tweet, 'changelist')}?deleted=no"):
        counting = [query for query in captured_sql(client, path) if "count(" in query.lower()]
        assert len(counting) == 1
        assert "LIMIT 10001" in counting[0]
        assert "10000 " in client.get(path).content.decode()

    for path, rows in (
        (f"{url(User, 'changelist')}?q=m119", 1_000),  # m119, m1190 to m1199, m11900 …: more than it looks at
        (f"{url(User, 'changelist')}?q=M7@Example.org", 1),
        (f"{url(User, 'changelist')}?q=@m77", 1_000),
        (f"{url(Tweet, 'changelist')}?q=%23rare", 1),
        (f"{url(Tweet, 'changelist')}?q=m7", 1),
        (f"{url(Follow, 'changelist')}?q=@m8", 1),
        (f"{url(Follow, 'changelist')}?q=@m7", 1_000),
    ):
        sql = captured_sql(client, path)
        plans = [plan(query) for query in sql if query.startswith("SELECT") and "FROM" in query]
        walked = [p for p in plans if re.search(r"Seq Scan on (users|tweets|follows)", p)]
        assert walked == [], path
        found = client.get(path).context["cl"].result_count
        assert found <= rows
        assert found >= min(rows, 11), path
    choices = client.get(
        reverse("admin:autocomplete"),
        {"term": "m119", "app_label": "accounts", "model_name": "follow", "field_name": "follower"},
    ).json()
    assert len(choices["results"]) == 20
    assert all(choice["text"].startswith("@m119") for choice in choices["results"])


def plan(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_words_that_are_no_ids(client: Client, chief: User) -> None:
    row_of_each(chief)
    for model in models():
        for word in ("9" * 19, "9" * 40, "-1", "٣", "%25", "'", "a b", "@", "#", "#%20", "💥", "%00"):
            answer = client.get(f"{url(model, 'changelist')}?q={word.replace('#', '%23')}")
            assert answer.status_code == 200, (model, word)


def searching(monkeypatch: pytest.MonkeyPatch, condition: str) -> None:
    """Every search asks PostgreSQL for this, of the one user there is."""
    monkeypatch.setattr(
        big_table_admin.BigTableAdmin, "matches", lambda self, word: [User.objects.extra(where=[condition])]
    )


def test_a_list_that_takes_too_long_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    searching(monkeypatch, "pg_sleep(30) IS NULL")
    monkeypatch.setattr(big_table_admin, "LIST_SECONDS", 0.2)
    answer = client.get(f"{url(OutboxEvent, 'changelist')}?q=1", follow=True)
    assert "That list took longer" in answer.content.decode()
    assert answer.redirect_chain == [(url(OutboxEvent, "changelist"), 302)]


def test_one_action_takes_a_bounded_number_of_rows(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory.create_batch(3)
    monkeypatch.setattr(big_table_admin, "ACTION_ROWS", 3)
    data = {"action": "deactivate", "select_across": "1", "_selected_action": "1", "index": "0"}
    answer = client.post(url(User, "changelist"), data, follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert User.objects.filter(is_active=True).count() == 4


def test_an_error_of_the_database_is_not_taken_for_slowness(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    searching(monkeypatch, "1 / (id - id) = 1")
    with pytest.raises(DataError, match="division"):
        client.get(f"{url(OutboxEvent, 'changelist')}?q=1")
