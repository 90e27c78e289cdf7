"""The list of one's bookmarks: by folder, by words, page by page, as the viewer may see them now."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import services as accounts
from accounts.models import User
from socialgraph.pagination import Page, decode_cursor
from timelines.bookmarks import ALL, Wanted, bookmarked, folder_of, folders_of
from timelines.pages import Asked
from timelines.tests.site import person, post
from tweets import services
from tweets.cards import Card
from tweets.models import Bookmark, Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def bob() -> User:
    return person("bob")


def save(user: User, author: User, *texts: str) -> list[Tweet]:
    tweets = [post(author, text) for text in texts]
    for tweet in tweets:
        services.bookmark(user=user, tweet=tweet)
    return tweets


def texts(user: User, wanted: Wanted = ALL, limit: int = 100) -> list[str]:
    return of(bookmarked(user, Asked(None, limit), wanted))


def of(page: Page[Card]) -> list[str]:
    """The texts of the page."""
    found = Tweet.objects.in_bulk([card.pk for card in page.results])
    return [found[card.pk].text for card in page.results]


def walk(user: User, wanted: Wanted, limit: int) -> list[list[str]]:
    pages, cursor, more = [], None, True
    while more:
        page = bookmarked(user, Asked(cursor, limit), wanted)
        pages.append(of(page))
        cursor = decode_cursor(page.next)
        more = cursor is not None
    return pages


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("bread", ["Sourdough BREAD at last"]),
        ("BREAD last", ["Sourdough BREAD at last"]),
        ("bread butter", []),
        ("dough", ["Sourdough BREAD at last"]),
        ("ΟΔΥΣΣΕΎΣ", ["Ο Οδυσσεύς γύρισε"]),
        ("οδυσσεύς", ["Ο Οδυσσεύς γύρισε"]),
        ("жЩ", ["ЖЩ или жщ"]),
        ("STRASSE", ["Die Straße"]),
        ("straße", ["Die Straße"]),
        ("東京", ["明日は東京へ行きます"]),
        ("กรุงเทพ", ["ฉันอยู่กรุงเทพมหานคร"]),
        ("cafe\N{COMBINING ACUTE ACCENT}", ["Caf\N{LATIN SMALL LETTER E WITH ACUTE} 100%_sure\\"]),
        ("100%_", ["Caf\N{LATIN SMALL LETTER E WITH ACUTE} 100%_sure\\"]),
        ("sure\\", ["Caf\N{LATIN SMALL LETTER E WITH ACUTE} 100%_sure\\"]),
        ("🥖", ["🥖 und ☕"]),
        ("%", ["Caf\N{LATIN SMALL LETTER E WITH ACUTE} 100%_sure\\"]),
        ("'); DROP", []),
    ],
)
def test_words_are_found_in_every_script_whatever_their_case(
    ada: User, bob: User, sought: str, found: list[str]
) -> None:
    save(
        ada,
        bob,
        "Sourdough BREAD at last",
        "Ο Οδυσσεύς γύρισε",
        "ЖЩ или жщ",
        "Die Straße",
        "明日は東京へ行きます",
        "ฉันอยู่กรุงเทพมหานคร",
        "Caf\N{LATIN SMALL LETTER E WITH ACUTE} 100%_sure\\",
        "🥖 und ☕",
    )
    assert texts(ada, Wanted.of(sought)) == found


def test_a_name_finds_what_its_owner_wrote_and_who_named_them(ada: User, bob: User) -> None:
    save(ada, bob, "By Bob.")
    save(ada, person("carol"), "Thanks, @Bob!", "Unrelated.")
    assert texts(ada, Wanted.of("@BOB")) == ["Thanks, @Bob!", "By Bob."]
    assert texts(ada, Wanted.of("@nobody")) == []
    assert texts(ada, Wanted.of("@")) == ["Thanks, @Bob!"]


@pytest.mark.parametrize("typed", ["", "  ", "\0"])
def test_nothing_sought_is_everything(ada: User, bob: User, typed: str) -> None:
    save(ada, bob, "One.")
    assert texts(ada, Wanted.of(typed)) == ["One."]


def test_more_words_than_are_asked_for_do_no_harm(ada: User, bob: User, settings: Settings) -> None:
    settings.BOOKMARK_WORDS_MAX = 2
    save(ada, bob, "One two.")
    assert texts(ada, Wanted.of("one two three " * 1000)) == ["One two."]


def test_each_folder_holds_its_own(ada: User, bob: User) -> None:
    one, two, free = save(ada, bob, "One.", "Two.", "Free.")
    recipes, later = (services.create_folder(user=ada, name=name) for name in ("recipes", "Later"))
    services.file_bookmark(user=ada, tweet=one, folder=recipes)
    services.file_bookmark(user=ada, tweet=two, folder=later)
    assert [folder.name for folder in folders_of(ada)] == ["Later", "recipes"]
    assert texts(ada) == ["Free.", "Two.", "One."]
    assert texts(ada, Wanted(folder=recipes.pk)) == ["One."]
    assert texts(ada, Wanted.of("two", folder=recipes.pk)) == []
    assert texts(ada, Wanted(unfiled=True)) == ["Free."]
    shown = {tweet.pk: tweet for tweet in bookmarked(ada, Asked(None, 10)).results}
    assert [shown[tweet.pk].folder_id for tweet in (one, two, free)] == [recipes.pk, later.pk, None]


def test_nobody_reads_another_ones(ada: User, bob: User) -> None:
    [tweet] = save(ada, bob, "Secret wish.")
    folder = services.create_folder(user=ada, name="Mine")
    services.file_bookmark(user=ada, tweet=tweet, folder=folder)
    assert texts(bob) == texts(bob, Wanted(folder=folder.pk)) == texts(bob, Wanted.of("wish")) == []
    assert folders_of(bob) == []
    assert folder_of(bob, folder.pk) is None


def test_what_is_hidden_is_left_out_and_comes_back(ada: User, bob: User) -> None:
    save(ada, bob, "By Bob.")
    save(ada, person("carol"), "By Carol.")
    changes: list[tuple[Callable[[], object], Callable[[], object]]] = [
        (lambda: accounts.block(blocker=bob, blocked=ada), lambda: accounts.unblock(blocker=bob, blocked=ada)),
        (lambda: accounts.block(blocker=ada, blocked=bob), lambda: accounts.unblock(blocker=ada, blocked=bob)),
        (lambda: accounts.protect(user=bob, protected=True), lambda: accounts.protect(user=bob, protected=False)),
        (lambda: _active(bob, False), lambda: _active(bob, True)),
    ]
    for hide, show in changes:
        hide()
        assert texts(ada) == ["By Carol."]
        assert texts(ada, Wanted.of("by")) == ["By Carol."]
        show()
        assert texts(ada) == ["By Carol.", "By Bob."]
    services.delete_tweet(tweet=Tweet.objects.get(text="By Bob."), by=bob)
    assert texts(ada) == ["By Carol."]
    assert Bookmark.objects.filter(user=ada).count() == 2


def _active(user: User, active: bool) -> None:
    User.objects.filter(pk=user.pk).update(is_active=active)


def test_whom_one_has_muted_stays_among_what_one_saved(ada: User, bob: User) -> None:
    save(ada, bob, "By Bob.")
    accounts.mute(muter=ada, muted=bob)
    accounts.mute_word(user=ada, word="bob")
    assert texts(ada) == ["By Bob."]


def test_pages_are_full_while_there_is_something_to_show(ada: User, bob: User) -> None:
    save(ada, bob, *(f"n{n}" for n in range(5)))
    hidden = save(ada, person("carol"), *(f"h{n}" for n in range(5)))
    save(ada, bob, *(f"m{n}" for n in range(4)))
    accounts.block(blocker=ada, blocked=hidden[0].author)
    assert walk(ada, ALL, 3) == [["m3", "m2", "m1"], ["m0", "n4", "n3"], ["n2", "n1", "n0"]]
    assert walk(ada, Wanted.of("n"), 2) == [["n4", "n3"], ["n2", "n1"], ["n0"]]


def test_a_search_goes_on_in_steps_and_misses_nothing(ada: User, bob: User, settings: Settings) -> None:
    settings.BOOKMARKS_STEP = 4
    save(ada, bob, *("needle" if n in (0, 5, 6) else f"hay {n}" for n in range(12)))
    pages = walk(ada, Wanted.of("needle"), 10)
    assert [len(page) for page in pages] == [0, 2, 1, 0]
    assert walk(ada, ALL, 3) == [
        ["hay 11", "hay 10", "hay 9"],
        ["hay 8", "hay 7", "needle"],
        ["needle", "hay 4", "hay 3"],
        ["hay 2", "hay 1", "needle"],
    ]


@pytest.mark.parametrize("count", [1, 20])
def test_queries(ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The bookmarks, the cards."""
    save(ada, bob, *(f"n{n}" for n in range(count)))
    for wanted in (ALL, Wanted.of("n")):
        with django_assert_num_queries(2):
            assert len(bookmarked(ada, Asked(None, 100), wanted).results) == count
    with django_assert_num_queries(1):
        folders_of(ada)


def test_the_list_walks_the_index_and_looks_at_no_other_persons(ada: User, bob: User, settings: Settings) -> None:
    settings.BOOKMARKS_STEP = 50
    tweets = Tweet.objects.bulk_create(Tweet(author=bob, text=f"t{n}") for n in range(3_000))
    people = [ada, *(person(f"p{n}") for n in range(9))]
    saved = [Bookmark(user=user, tweet=tweet) for tweet in tweets for user in people]
    Bookmark.objects.bulk_create(saved, batch_size=1_000)
    with connection.cursor() as cursor:
        others = "INSERT INTO tweets (author_id, text) SELECT %s, 'o' || n FROM generate_series(1, 20000) n"
        cursor.execute(others, [bob.pk])  # of few tweets the planner would rather read all
        cursor.execute("ANALYZE users, tweets, bookmarks")
    for wanted in (ALL, Wanted.of("nowhere")):
        with CaptureQueriesContext(connection) as seen:
            bookmarked(ada, Asked(None, 20), wanted)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {seen[0]['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "bookmarks_user" in plan, plan
        assert "Seq Scan on bookmarks" not in plan, plan
        assert "Seq Scan on tweets" not in plan, plan
