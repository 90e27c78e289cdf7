"""The pages of one's bookmarks and their folders, as forms and by htmx; nobody gets at another's."""

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import services as accounts
from accounts.models import User
from timelines.tests.site import HTMX, card_ids, html, logged_in, person, post
from tweets import services
from tweets.models import Bookmark, BookmarkFolder, Tweet

pytestmark = pytest.mark.django_db
_UNDO = re.compile(r'formaction="(/bookmarks/restore/\?undo=[^"]+)"')
_AGAIN = re.compile(r'formaction="(/tweets/\d+/bookmark/\?undo=[^"]+)"')


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def bob() -> User:
    return person("bob")


@pytest.fixture
def tweet(bob: User) -> Tweet:
    return post(bob, "Sourdough bread.")


@pytest.fixture
def folder(ada: User, tweet: Tweet) -> BookmarkFolder:
    folder = services.create_folder(user=ada, name="<Recipes>")
    services.file_bookmark(user=ada, tweet=tweet, folder=folder)
    return folder


def found(pattern: re.Pattern[str], page: str) -> str:
    match = pattern.search(page)
    assert match is not None, page
    return unescape(match[1])


def test_the_list_by_folder_and_words(ada: User, bob: User, tweet: Tweet, folder: BookmarkFolder) -> None:
    client, free = logged_in(ada), post(bob, "Butter.")
    services.bookmark(user=ada, tweet=free)
    for query, shown in [
        ("", [free.pk, tweet.pk]),
        (f"?folder={folder.pk}", [tweet.pk]),
        ("?folder=none", [free.pk]),
        ("?q=BREAD", [tweet.pk]),
        ("?q=@bob+butter", [free.pk]),
        (f"?folder={folder.pk}&q=butter", []),
    ]:
        page = client.get(f"/bookmarks/{query}")
        assert card_ids(page) == shown, query
        assert "&lt;Recipes&gt;" in html(page)
    assert "Nothing found" in html(client.get("/bookmarks/?q=nowhere"))
    assert f'name="folder" value="{folder.pk}"' in html(client.get(f"/bookmarks/?folder={folder.pk}"))


def test_load_more_keeps_folder_and_words(ada: User, folder: BookmarkFolder) -> None:
    expected: list[int] = []
    for n in range(5):
        tweet = post(ada, f"needle {n}")
        services.file_bookmark(user=ada, tweet=tweet, folder=folder)
        expected.insert(0, tweet.pk)
    path = "/bookmarks/"
    first = logged_in(ada).get(f"{path}?folder={folder.pk}&q=needle&limit=2")
    assert card_ids(first) == expected[:2]
    link = re.findall(r'<p class="more"><a [^>]*href="([^"]+)"', html(first))
    more = logged_in(ada).get(path + unescape(link[0]), headers=HTMX)
    assert card_ids(more) == expected[2:4]
    assert "<html" not in html(more)


def test_a_folder_that_is_not_ones_own_is_a_404(ada: User, bob: User, tweet: Tweet, folder: BookmarkFolder) -> None:
    client = logged_in(bob)
    services.bookmark(user=bob, tweet=tweet)
    for number in (folder.pk, 1, 2**63, 10**30):
        for path in (f"/bookmarks/?folder={number}", f"/bookmarks/folders/{number}/"):
            assert client.get(path).status_code == 404, path
        for path in (
            f"/bookmarks/folders/{number}/",
            f"/bookmarks/folders/{number}/delete/",
            f"/tweets/{tweet.pk}/bookmark/folder/?to={number}",
        ):
            assert client.post(path, {"name": "Mine now"}).status_code == 404, path
    assert client.get("/bookmarks/?folder=x").status_code == 404
    assert BookmarkFolder.objects.get().name == "<Recipes>"
    assert Bookmark.objects.get(user=bob).folder is None
    assert "Recipes" not in html(client.get("/bookmarks/folders/"))


def test_visitors_log_in_first(tweet: Tweet, folder: BookmarkFolder) -> None:
    for path in ("/bookmarks/", "/bookmarks/folders/", f"/bookmarks/folders/{folder.pk}/"):
        assert Client().get(path).headers["Location"] == f"/accounts/login/?next={path}"
    for path in (
        f"/bookmarks/folders/{folder.pk}/delete/",
        "/bookmarks/restore/",
        f"/tweets/{tweet.pk}/bookmark/folder/",
    ):
        assert Client().post(path).headers["Location"].startswith("/accounts/login/")
    assert BookmarkFolder.objects.exists()


def test_folders_are_made_renamed_and_deleted(ada: User, tweet: Tweet) -> None:
    client = logged_in(ada)
    answer = client.post("/bookmarks/folders/", {"name": " To  read "})
    folder = BookmarkFolder.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/bookmarks/?folder={folder.pk}")
    assert "To read" in html(client.get("/bookmarks/folders/"))
    services.file_bookmark(user=ada, tweet=tweet, folder=folder)
    own = f"/bookmarks/folders/{folder.pk}/"
    assert 'value="To read"' in html(client.get(own))
    assert client.post(own, {"name": "Later"}).headers["Location"] == f"/bookmarks/?folder={folder.pk}"
    assert BookmarkFolder.objects.get().name == "Later"
    assert client.get(f"{own}delete/").status_code == 405
    assert client.post(f"{own}delete/").headers["Location"] == "/bookmarks/"
    page = client.get("/bookmarks/")
    assert "The folder “Later” is deleted" in html(page)
    assert card_ids(page) == [tweet.pk]


def test_a_bad_name_is_told_beside_the_field(ada: User, folder: BookmarkFolder) -> None:
    client = logged_in(ada)
    other = services.create_folder(user=ada, name="Other")
    for path in ("/bookmarks/folders/", f"/bookmarks/folders/{other.pk}/"):
        for name, told in [
            ("", "Give the folder a name."),
            ("<RECIPES>", "You have such a folder."),
            ("x" * 41, "too long"),
        ]:
            answer = client.post(path, {"name": name})
            assert (answer.status_code, told in html(answer)) == (422, True), (path, name)
            assert 'aria-invalid="true"' in html(answer)
    assert BookmarkFolder.objects.count() == 2


@pytest.mark.parametrize("headers", [None, HTMX])
def test_moving_by_page_and_in_place(
    ada: User, tweet: Tweet, folder: BookmarkFolder, headers: dict[str, str] | None
) -> None:
    client, path = logged_in(ada), f"/tweets/{tweet.pk}/bookmark/folder/"
    choices = html(client.get(path, headers=headers))
    assert ("<html" in choices) == (headers is None)
    assert f'formaction="{path}?to={folder.pk}"' in choices
    assert 'aria-pressed="true"' in choices
    answer = client.post(f"{path}?to=none", {"next": "/bookmarks/?q=bread"}, headers=headers)
    assert Bookmark.objects.get().folder is None
    if headers:
        assert "Move to a folder" in html(answer)
    else:
        assert answer.headers["Location"] == f"/bookmarks/?q=bread#t{tweet.pk}"
    answer = client.post(path, {"name": "New one"}, headers=headers)
    assert Bookmark.objects.get().folder == BookmarkFolder.objects.get(name="New one")
    answer = client.post(path, {"name": "new ONE"}, headers=headers)
    assert (answer.status_code, "You have such a folder." in html(answer)) == (422, True)


def test_what_is_not_bookmarked_yet_is_when_it_is_put_into_a_folder(
    ada: User, bob: User, folder: BookmarkFolder
) -> None:
    tweet = post(bob, "Another.")
    client, path = logged_in(ada), f"/tweets/{tweet.pk}/bookmark/folder/"
    assert "Bookmark it in a folder" in html(client.get(path))
    client.post(f"{path}?to={folder.pk}")
    assert Bookmark.objects.get(tweet=tweet).folder == folder
    accounts.block(blocker=bob, blocked=ada)
    assert client.get(path).status_code == client.post(f"{path}?to=none").status_code == 404


def test_a_removal_on_the_list_is_taken_back_without_script(ada: User, tweet: Tweet, folder: BookmarkFolder) -> None:
    client, was = logged_in(ada), Bookmark.objects.get()
    page = f"/bookmarks/?folder={folder.pk}"
    answer = client.post(f"/tweets/{tweet.pk}/unbookmark/", {"next": page}, follow=True)
    assert card_ids(answer) == []
    assert "Bookmark removed." in html(answer)
    undo = found(_UNDO, html(answer))
    assert "Bookmark removed." not in html(client.get(page))
    answer = client.post(undo, {"next": page}, follow=True)
    assert card_ids(answer) == [tweet.pk]
    now = Bookmark.objects.get()
    assert (now.pk, now.folder) == (was.pk, folder)
    assert "could not be taken back" in html(client.post(undo, {"next": page}, follow=True))


def test_a_removal_on_the_list_is_taken_back_by_htmx(ada: User, tweet: Tweet, folder: BookmarkFolder) -> None:
    client, was, page = logged_in(ada), Bookmark.objects.get(), {"next": "/bookmarks/"}
    removed = html(client.post(f"/tweets/{tweet.pk}/unbookmark/", page, headers=HTMX))
    assert 'aria-pressed="false"' in removed
    assert 'hx-target="#undo"' in removed
    again = html(client.post(found(_AGAIN, removed), page, headers=HTMX))
    assert 'aria-pressed="true"' in again
    assert "Undo" not in again
    assert (Bookmark.objects.get().pk, Bookmark.objects.get().folder) == (was.pk, folder)
    removed = html(client.post(f"/tweets/{tweet.pk}/unbookmark/", page, headers=HTMX))
    answer = client.post(found(_UNDO, removed), page, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/bookmarks/"
    assert Bookmark.objects.get().pk == was.pk


def test_elsewhere_a_removal_is_the_button_alone(ada: User, tweet: Tweet, folder: BookmarkFolder) -> None:
    answer = html(logged_in(ada).post(f"/tweets/{tweet.pk}/unbookmark/", {"next": "/bob/"}, headers=HTMX))
    assert "undo" not in answer.replace("unbookmark", "")


def test_an_undo_is_for_its_owner_and_not_to_be_made_up(
    ada: User, bob: User, tweet: Tweet, folder: BookmarkFolder
) -> None:
    client = logged_in(ada)
    undo = found(_UNDO, html(client.post(f"/tweets/{tweet.pk}/unbookmark/", {"next": "/bookmarks/"}, headers=HTMX)))
    for who, address in [
        (bob, undo),
        (ada, undo[:-1]),
        (ada, "/bookmarks/restore/"),
        (ada, "/bookmarks/restore/?undo=x"),
    ]:
        answer = logged_in(who).post(address, follow=True)
        assert "could not be taken back" in html(answer)
        assert not Bookmark.objects.exists()


@pytest.mark.parametrize("count", [1, 20])
def test_queries(
    ada: User, folder: BookmarkFolder, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The user, the folders, the bookmarks, the cards."""
    for n in range(count - 1):
        services.file_bookmark(user=ada, tweet=post(ada, f"{n}"), folder=folder)
    client, path = logged_in(ada), f"/bookmarks/?folder={folder.pk}"
    client.get(path)
    with django_assert_num_queries(4):
        assert len(card_ids(client.get(path))) == count
