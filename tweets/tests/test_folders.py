"""Folders of bookmarks: names, limits, moving, deletion, undo; and that nobody gets at another's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import counts
from tweets import services
from tweets.models import Bookmark, BookmarkFolder, Tweet
from tweets.services import create_folder, delete_folder, file_bookmark, rename_folder, restore_bookmark

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def tweet() -> Tweet:
    return services.post_tweet(author=UserFactory.create(), text="Bread.").tweet


def refusal(call: Callable[[], object]) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        call()
    return refused.value.message_dict


def place(user: User, tweet: Tweet) -> int | None:
    found: int | None = Bookmark.objects.get(user=user, tweet=tweet).folder_id
    return found


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Recipes", "Recipes"),
        ("  to \t read  ", "to read"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", "Caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("読む", "読む"),
        ("x" * 40, "x" * 40),
    ],
)
def test_names_are_stored_in_one_form(ada: User, sent: str, stored: str) -> None:
    assert create_folder(user=ada, name=sent).name == stored


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("", "Give the folder a name."),
        (" \n ", "Give the folder a name."),
        ("x" * 41, "too long"),
        ("x" * 100_000, "too long"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b", "one line"),
        ("a\0b", "one line"),
    ],
)
def test_other_names_are_refused(ada: User, sent: str, told: str) -> None:
    assert told in refusal(lambda: create_folder(user=ada, name=sent))["name"][0]
    assert not BookmarkFolder.objects.exists()


def test_names_are_unique_without_case_for_each_person(ada: User) -> None:
    folder = create_folder(user=ada, name="Öl")
    assert refusal(lambda: create_folder(user=ada, name="öL")) == {"name": ["You have such a folder."]}
    create_folder(user=UserFactory.create(), name="öl")
    other = create_folder(user=ada, name="Brot")
    assert refusal(lambda: rename_folder(folder=other, name="ÖL")) == {"name": ["You have such a folder."]}
    assert rename_folder(folder=folder, name="öl")
    assert not rename_folder(folder=folder, name=" öl ")
    assert BookmarkFolder.objects.get(pk=folder.pk).name == "öl"
    with pytest.raises(IntegrityError), transaction.atomic():
        BookmarkFolder.objects.create(user=ada, name="ÖL")


def test_a_person_has_so_many_and_no_more(ada: User, settings: object) -> None:
    settings.BOOKMARK_FOLDERS_MAX = 2  # type: ignore[attr-defined]  # pytest-django's fixture
    for name in "ab":
        create_folder(user=ada, name=name)
    assert refusal(lambda: create_folder(user=ada, name="c")) == {"name": ["You have 2 folders. Delete one first."]}


def test_moving_between_folders_and_out(ada: User, tweet: Tweet) -> None:
    one, two = create_folder(user=ada, name="1"), create_folder(user=ada, name="2")
    assert file_bookmark(user=ada, tweet=tweet, folder=one)
    assert not file_bookmark(user=ada, tweet=tweet, folder=one)
    assert place(ada, tweet) == one.pk
    assert file_bookmark(user=ada, tweet=tweet, folder=two)
    assert place(ada, tweet) == two.pk
    assert file_bookmark(user=ada, tweet=tweet, folder=None)
    assert not file_bookmark(user=ada, tweet=tweet, folder=None)
    assert place(ada, tweet) is None
    assert not services.bookmark(user=ada, tweet=tweet)


def test_filing_takes_one_statement(ada: User, tweet: Tweet, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one, two = create_folder(user=ada, name="1"), create_folder(user=ada, name="2")
    for folder in (one, two, None):
        with django_assert_num_queries(1):
            assert file_bookmark(user=ada, tweet=tweet, folder=folder)
        assert place(ada, tweet) == (folder and folder.pk)
    counts.flush()
    assert counts.drift()[1] == []


def test_a_folder_of_somebody_else_is_none(ada: User, tweet: Tweet) -> None:
    theirs = create_folder(user=UserFactory.create(), name="Theirs")
    services.bookmark(user=ada, tweet=tweet)
    told = {"folder": ["There is no such folder."]}
    assert refusal(lambda: file_bookmark(user=ada, tweet=tweet, folder=theirs)) == told
    assert place(ada, tweet) is None
    gone = create_folder(user=ada, name="Gone")
    delete_folder(folder=gone)
    assert refusal(lambda: file_bookmark(user=ada, tweet=tweet, folder=gone)) == told


def test_what_one_may_not_see_is_not_filed(ada: User, tweet: Tweet) -> None:
    folder = create_folder(user=ada, name="1")
    accounts.block(blocker=tweet.author, blocked=ada)
    with pytest.raises(PermissionDenied):
        file_bookmark(user=ada, tweet=tweet, folder=folder)
    assert not Bookmark.objects.exists()


def test_what_can_no_longer_be_seen_is_not_moved(ada: User, tweet: Tweet) -> None:
    folder = create_folder(user=ada, name="1")
    services.bookmark(user=ada, tweet=tweet)
    services.delete_tweet(tweet=tweet, by=tweet.author)
    for to in (folder, None):
        with pytest.raises(PermissionDenied):
            file_bookmark(user=ada, tweet=tweet, folder=to)
    assert place(ada, tweet) is None


def test_a_deleted_folder_leaves_its_bookmarks_and_their_counts(
    ada: User, tweet: Tweet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    folder, other = create_folder(user=ada, name="1"), create_folder(user=ada, name="2")
    kept = services.post_tweet(author=ada, text="Kept.").tweet
    file_bookmark(user=ada, tweet=tweet, folder=folder)
    file_bookmark(user=ada, tweet=kept, folder=other)
    with django_assert_num_queries(5):  # of which two are the transaction's
        assert delete_folder(folder=folder)
    assert not delete_folder(folder=folder)
    assert (place(ada, tweet), place(ada, kept)) == (None, other.pk)
    counts.flush()
    assert counts.drift()[1] == []


def test_a_removal_is_taken_back_to_where_it_was(ada: User, tweet: Tweet) -> None:
    folder = create_folder(user=ada, name="1")
    file_bookmark(user=ada, tweet=tweet, folder=folder)
    was = Bookmark.objects.get()
    services.unbookmark(user=ada, tweet=tweet)
    row = {"user": ada, "tweet_id": tweet.pk, "bookmark_id": was.pk, "folder_id": folder.pk}
    assert restore_bookmark(**row)
    assert not restore_bookmark(**row)
    now = Bookmark.objects.get()
    assert (now.pk, now.folder_id) == (was.pk, folder.pk)
    assert abs((now.created_at - was.created_at).total_seconds()) < 1
    services.unbookmark(user=ada, tweet=tweet)
    delete_folder(folder=folder)
    assert restore_bookmark(**row)
    assert place(ada, tweet) is None


def test_what_was_hidden_meanwhile_is_not_restored(ada: User, tweet: Tweet) -> None:
    services.bookmark(user=ada, tweet=tweet)
    was = Bookmark.objects.get()
    services.unbookmark(user=ada, tweet=tweet)
    accounts.block(blocker=tweet.author, blocked=ada)
    assert not restore_bookmark(user=ada, tweet_id=tweet.pk, bookmark_id=was.pk, folder_id=None)


@pytest.mark.django_db(transaction=True)
def test_moves_into_a_folder_that_is_deleted_meanwhile() -> None:
    """Each either comes first, and the bookmark ends without a folder, or late, and is refused: never an error."""
    ada = UserFactory.create()
    tweets = [services.post_tweet(author=ada, text=f"{n}").tweet for n in range(8)]
    for _ in range(5):
        folder = create_folder(user=ada, name="Short-lived")

        def move(tweet: Tweet, folder: BookmarkFolder = folder) -> bool | None:
            try:
                return file_bookmark(user=ada, tweet=tweet, folder=folder)
            except ValidationError:
                return None
            finally:
                connection.close()

        def delete(folder: BookmarkFolder = folder) -> bool:
            try:
                return delete_folder(folder=folder)
            finally:
                connection.close()

        with ThreadPoolExecutor(5) as pool:
            moves = [pool.submit(move, tweet) for tweet in tweets[:4]]
            deletion = pool.submit(delete)
            moves += [pool.submit(move, tweet) for tweet in tweets[4:]]
            assert deletion.result()
            for done in moves:
                assert done.result() in (True, None)
        assert not Bookmark.objects.exclude(folder=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_folders_of_one_name_at_the_same_moment() -> None:
    ada = UserFactory.create()

    def create() -> bool:
        try:
            return bool(create_folder(user=ada, name="Same"))
        except ValidationError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: create(), range(4))) == 1
