"""Bookmarks, folders and reports in the API."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts import services as accounts
from accounts.models import User
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory
from tweets import services
from tweets.models import Bookmark, BookmarkFolder, Report, Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def client(ada: User) -> APIClient:
    return client_of(ada)


@pytest.fixture
def tweet() -> Tweet:
    return services.post_tweet(author=UserFactory.create(username="bob"), text="Bread.").tweet


def saved(client: APIClient, query: str = "") -> list[tuple[str, str | None]]:
    answer = client.get(f"/api/bookmarks{query}")
    assert answer.status_code == 200, answer.content
    return [(row["id"], row["folder"]) for row in answer.json()["results"]]


def test_folders_come_change_and_go(ada: User, client: APIClient) -> None:
    answer = client.post("/api/bookmark_folders", {"name": " To read "})
    folder = BookmarkFolder.objects.get(user=ada)
    path = f"/api/bookmark_folders/{folder.pk}"
    shape = {
        "id": str(folder.pk),
        "name": "To read",
        "created_at": folder.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (answer.status_code, answer.json()) == (201, shape)
    assert answer.headers["Location"] == f"http://testserver{path}"
    assert client.get(path).json() == shape
    assert client.get("/api/bookmark_folders").json() == {"results": [shape], "next": None}
    assert client.patch(path, {"name": "Later"}).json() == {**shape, "name": "Later"}
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == client.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": ""}, {"name": ["Give the folder a name."]}),
        ({"name": "LATER"}, {"name": ["You have such a folder."]}),
        ({"name": 7}, {"name": ["Not a valid string."]}),
        ({}, {"name": ["This field is required."]}),
    ],
)
def test_a_name_is_refused_with_a_reason(ada: User, client: APIClient, sent: object, errors: object) -> None:
    services.create_folder(user=ada, name="later")
    other = services.create_folder(user=ada, name="other")
    for answer in (
        client.post("/api/bookmark_folders", sent),
        client.patch(f"/api/bookmark_folders/{other.pk}", sent),
    ):
        assert (answer.status_code, answer.json()["errors"]) == (400, errors)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_bookmark_is_put_moved_and_taken_out(ada: User, client: APIClient, tweet: Tweet) -> None:
    folder = services.create_folder(user=ada, name="1")
    path, number = f"/api/tweets/{tweet.pk}/bookmark", str(folder.pk)
    for sent, changed, place in [
        ({"folder": number}, True, number),
        ({"folder": number}, False, number),
        ({}, False, number),
        ({"folder": None}, True, None),
        ({}, False, None),
    ]:
        answer = client.post(path, sent)
        assert (answer.status_code, answer.json()) == (200, {"bookmarked": True, "changed": changed})
        assert saved(client) == [(str(tweet.pk), place)]
    assert client.post(path).json() == {"bookmarked": True, "changed": False}
    assert client.delete(path).json() == {"bookmarked": False, "changed": True}
    assert saved(client) == []


def test_lists_by_folder_and_words(ada: User, client: APIClient, tweet: Tweet) -> None:
    folder = services.create_folder(user=ada, name="1")
    other = services.post_tweet(author=ada, text="Butter.").tweet
    services.file_bookmark(user=ada, tweet=tweet, folder=folder)
    services.bookmark(user=ada, tweet=other)
    filed, free = (str(tweet.pk), str(folder.pk)), (str(other.pk), None)
    assert saved(client) == [free, filed]
    assert saved(client, f"?folder={folder.pk}") == [filed]
    assert saved(client, "?folder=none") == [free]
    assert saved(client, "?q=BREAD") == saved(client, "?q=@bob") == [filed]
    assert saved(client, f"?q=butter&folder={folder.pk}") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("folder=x", 400), ("folder=1", 404), ("folder=9999999999999999999", 404), (f"q={'x' * 201}", 400)],
)
def test_what_cannot_be_asked(client: APIClient, query: str, status: int) -> None:
    assert client.get(f"/api/bookmarks?{query}").status_code == status


def test_a_folder_of_somebody_else_is_none(ada: User, tweet: Tweet) -> None:
    folder = services.create_folder(user=ada, name="Secret")
    services.file_bookmark(user=ada, tweet=tweet, folder=folder)
    stranger = client_of(UserFactory.create(is_staff=True, is_superuser=True))
    path = f"/api/bookmark_folders/{folder.pk}"
    never = f"/api/bookmark_folders/{folder.pk + 1}"
    for one, other in [
        (stranger.get(path), stranger.get(never)),
        (stranger.patch(path, {"name": "x"}), stranger.patch(never, {"name": "x"})),
        (stranger.delete(path), stranger.delete(never)),
        (stranger.get(f"/api/bookmarks?folder={folder.pk}"), stranger.get(f"/api/bookmarks?folder={folder.pk + 1}")),
        (
            stranger.post(f"/api/tweets/{tweet.pk}/bookmark", {"folder": str(folder.pk)}),
            stranger.post(f"/api/tweets/{tweet.pk}/bookmark", {"folder": str(folder.pk + 1)}),
        ),
    ]:
        assert one.status_code == other.status_code == 404
        assert one.content == other.content
    assert b"Secret" not in stranger.get("/api/bookmark_folders").content
    assert Bookmark.objects.count() == 1
    assert BookmarkFolder.objects.get().name == "Secret"


def test_nothing_of_it_without_an_account(ada: User, tweet: Tweet) -> None:
    folder = services.create_folder(user=ada, name="Secret")
    visitor = APIClient()
    for answer in (
        visitor.get("/api/bookmark_folders"),
        visitor.post("/api/bookmark_folders", {"name": "x"}),
        visitor.get(f"/api/bookmark_folders/{folder.pk}"),
        visitor.post(f"/api/tweets/{tweet.pk}/bookmark", {"folder": str(folder.pk)}),
        visitor.post("/api/reports", {"tweet": str(tweet.pk), "reason": "spam"}),
    ):
        assert answer.status_code == 401


@pytest.mark.parametrize("count", [1, 20])
def test_queries(ada: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The folder, the bookmarks, and the cards if there are any; the first time also what they look like."""
    folder = services.create_folder(user=ada, name="1")
    for n in range(count):
        services.file_bookmark(user=ada, tweet=services.post_tweet(author=ada, text=f"{n}").tweet, folder=folder)
    client = APIClient()
    client.force_authenticate(ada)
    with django_assert_num_queries(2):
        assert len(saved(client, f"?folder={folder.pk}&q=a")) == 0
    for cost in (4, 3):
        with django_assert_num_queries(cost):
            assert len(saved(client, f"?folder={folder.pk}")) == count


def test_reports_are_sent_and_changed(ada: User, client: APIClient, tweet: Tweet) -> None:
    sent = {"tweet": str(tweet.pk), "reason": "spam", "comment": "Again."}
    first = client.post("/api/reports", sent)
    report = Report.objects.get()
    shape = {"id": str(report.pk), "about": "tweet", "reason": "spam", "comment": "Again."}
    assert (first.status_code, {name: first.json()[name] for name in shape}) == (201, shape)
    second = client.post("/api/reports", {**sent, "reason": "hate"})
    assert (second.status_code, second.json()["id"], second.json()["reason"]) == (200, str(report.pk), "hate")
    answer = client.post("/api/reports", {"user": str(tweet.author_id), "reason": "impersonation"})
    assert (answer.status_code, answer.json()["about"], Report.objects.count()) == (201, "person", 2)
    assert client.get("/api/reports").status_code == 405


def test_reports_that_are_refused(ada: User, client: APIClient, tweet: Tweet) -> None:
    tweet_id, user_id = str(tweet.pk), str(tweet.author_id)
    for sent, field in [
        ({"reason": "spam"}, None),
        ({"tweet": tweet_id, "user": user_id, "reason": "spam"}, None),
        ({"tweet": tweet_id, "reason": "dull"}, "reason"),
        ({"tweet": tweet_id}, "reason"),
        ({"user": user_id, "reason": "spam", "comment": "x" * 1001}, "comment"),
        ({"user": str(ada.pk), "reason": "spam"}, None),
        ({"user": "1", "reason": "spam"}, "user"),
        ({"tweet": "x", "reason": "spam"}, "tweet"),
    ]:
        answer = client.post("/api/reports", sent)
        assert answer.status_code == 400, sent
        assert list(answer.json().get("errors", {})) == ([field] if field else [])
    assert not Report.objects.exists()


def test_a_hidden_tweet_is_refused_like_one_that_never_was(ada: User, client: APIClient, tweet: Tweet) -> None:
    accounts.protect(user=tweet.author, protected=True)
    hidden = client.post("/api/reports", {"tweet": str(tweet.pk), "reason": "spam"})
    never = client.post("/api/reports", {"tweet": "1", "reason": "spam"})
    assert hidden.status_code == never.status_code == 400
    assert hidden.content == never.content


def test_too_many_reports_are_a_429(client: APIClient, tweet: Tweet, settings: Settings) -> None:
    settings.REPORTS_A_DAY_MAX = 1
    assert client.post("/api/reports", {"tweet": str(tweet.pk), "reason": "spam"}).status_code == 201
    answer = client.post("/api/reports", {"user": str(tweet.author_id), "reason": "spam"})
    assert (answer.status_code, "since yesterday" in answer.json()["detail"]) == (429, True)
