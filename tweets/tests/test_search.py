"""What is found, by whom, and at what cost."""

import datetime as dt
from collections.abc import Iterator
from random import Random

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph.pagination import decode_cursor
from socialgraph.snowflake import first_id_at
from tweets import services
from tweets.models import Tweet
from tweets.search.find import Order, found
from tweets.search.query import QueryError, parse

pytestmark = pytest.mark.django_db


def person(username: str, **fields: object) -> User:
    user: User = UserFactory.create(username=username, **fields)
    return user


@pytest.fixture
def ada() -> User:
    return person("ada")


def post(author: User, text: str, reply_to: Tweet | None = None) -> Tweet:
    return services.post_tweet(author=author, text=text, reply_to=reply_to).tweet


def pages(asked: str, viewer: User | None = None, order: Order = Order.RECENT, limit: int = 20) -> Iterator[list[int]]:
    cursor = None
    while True:
        page = found(parse(asked), viewer, order=order, cursor=cursor, limit=limit)
        yield [tweet.pk for tweet in page.results]
        if page.next is None:
            return
        cursor = decode_cursor(page.next)


def ids(asked: str, viewer: User | None = None, **options: object) -> list[int]:
    return [tweet_id for page in pages(asked, viewer, **options) for tweet_id in page]  # type: ignore[arg-type]


def is_found(text: str, asked: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_vector(%s) @@ search_phrase(%s)", [text, asked])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Don't look at foo_bar-baz!", "don't bar"),
        ("Don't look at foo_bar-baz!", "foo-bar_BAZ"),
        ("Crème brûlée, Łódź, Straße", "creme BRULEE lodz STRASSE"),
        ("creme", "crème"),
        ("Ώρα ΟΔΟΣ", "ωρα οδός"),
        ("Ёлка", "елка"),
        ("İstanbul", "istanbul"),
        ("commit 2e5e10f and 0x1e9", "2e5e10f"),
        ("東京都に行った", "東京"),
        ("東京都に行った", "京都に"),
        ("東京都に行った", "都"),
        ("東京都に行った", "た"),
        ("iPhoneを買った", "iphone"),
        ("iPhoneを買った", "買"),
        ("iPhoneを買った", "iPhoneを買"),
        ("ﾊﾛｰ ＡＢＣ", "ハロー abc"),
        ("กรุงเทพมหานคร", "เทพ"),
        ("서울에서 만나요", "서울"),
        ("हिन्दी भाषा।", "भाषा"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
        ("well done 👍🏽🎉", "👍"),
        ("well done 👍🏽🎉", "🎉"),
    ],
)
def test_words_of_many_languages(text: str, asked: str) -> None:
    assert all(is_found(text, word) for word in asked.split())


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("category", "cat"),
        ("東京 大阪", "京大"),
        ("京都 東京", "東京都"),
        ("हिन्दी", "हिन"),
        ("paper and boats", "paper boats"),
        ("one two", "two one"),
        ("commit 2e5e10f", "2e5"),
    ],
)
def test_what_is_not_there_is_not_found(text: str, asked: str) -> None:
    assert not is_found(text, asked)


def test_every_condition(ada: User) -> None:
    bob = person("bob")
    boats = post(ada, "Paper boats in the harbour #Sailing @bob")
    answer = post(bob, "Boats of paper? #sailing", boats)
    tea = post(bob, "Tea in the harbour, nothing else")
    assert ids("harbour") == [tea.pk, boats.pk]
    assert ids("HARBOUR the") == [tea.pk, boats.pk]
    assert ids('"paper boats"') == [boats.pk]
    assert ids("paper boats") == [answer.pk, boats.pk]
    assert ids("harbour -tea") == [boats.pk]
    assert ids('harbour -"in the"') == []
    assert ids("#sailing") == ids("#SAILING paper") == [answer.pk, boats.pk]
    assert ids("@Bob") == [boats.pk]
    assert ids("from:ada") == [boats.pk]
    assert ids("from:ada from:bob paper") == [answer.pk, boats.pk]
    assert ids("harbour -from:bob") == [boats.pk]
    assert ids("to:ada") == ids("to:ada paper") == [answer.pk]
    assert ids("to:ada tea") == ids("to:bob") == []
    assert ids("nothing missing") == []


def test_days_are_whole_and_in_utc(ada: User) -> None:
    moments = {"a": "2026-01-30T23:59:59", "b": "2026-01-31T00:00:00", "c": "2026-01-31T23:59:59", "d": "2026-02-01"}
    made = {}
    for name, moment in moments.items():
        tweet_id = first_id_at(dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)) + 5
        made[Tweet.objects.create(pk=tweet_id, author=ada, text=f"day {name}").pk] = name

    def names(asked: str) -> str:
        return "".join(made[tweet_id] for tweet_id in ids(asked))

    assert names("day since:2026-01-31 until:2026-01-31") == names("since:2026-01-31 until:2026-01-31") == "cb"
    assert names("day since:2026-01-31") == "dcb"
    assert names("day until:2026-01-30") == "a"
    assert names("since:1066-10-14 until:9999-12-31") == "dcba"
    assert names("until:1066-10-14") == names("since:9999-12-31") == ""


def test_edits_and_deletions_are_followed(ada: User) -> None:
    tweet = post(ada, "first words")
    Tweet.objects.filter(pk=tweet.pk).update(text="other ones")
    assert (ids("first"), ids("other")) == ([], [tweet.pk])
    services.delete_tweet(tweet=tweet, by=ada)
    assert ids("other") == []


def test_retweets_are_not_found(ada: User) -> None:
    tweet = post(ada, "first words")
    services.retweet(user=person("bob"), tweet=tweet)
    assert ids("first") == ids("from:ada") == [tweet.pk]
    assert ids("from:bob") == []


@pytest.mark.parametrize("asked", ["secret", "from:vera", "from:vera secret", "@ada", "#hush", "since:2026-01-01"])
def test_nobody_finds_what_is_not_for_them(ada: User, asked: str) -> None:
    """Protected, blocked either way, closed; and visitors."""
    vera, fan, asker, foe = (person(name) for name in ("vera", "fan", "asker", "foe"))
    accounts.follow(follower=fan, followee=vera)
    accounts.protect(user=vera, protected=True)
    vera.refresh_from_db()
    accounts.follow(follower=asker, followee=vera)
    tweet = post(vera, "secret #hush @ada")
    assert ids(asked, vera) == ids(asked, fan) == [tweet.pk]
    assert ids(asked, asker) == ids(asked, ada) == ids(asked) == []
    accounts.protect(user=vera, protected=False)
    assert ids(asked) == ids(asked, asker) == [tweet.pk]
    accounts.block(blocker=vera, blocked=foe)
    accounts.block(blocker=ada, blocked=vera)
    assert ids(asked, foe) == ids(asked, ada) == []
    assert ids(asked, fan) == [tweet.pk]


def test_replies_to_whom_one_may_not_read_do_not_show_it(ada: User) -> None:
    vera, fan = person("vera"), person("fan")
    accounts.follow(follower=fan, followee=vera)
    root = post(vera, "hello")
    answer = post(fan, "an answer", root)
    assert ids("to:vera", ada) == [answer.pk]
    accounts.protect(user=vera, protected=True)
    assert ids("to:vera", ada) == ids("to:vera") == []
    assert ids("to:vera", fan) == [answer.pk]


def test_the_muted_are_left_out_and_pages_stay_full(ada: User) -> None:
    bob, eve = person("bob"), person("eve")
    kept = [post(bob, f"tea {n}").pk for n in range(7)]
    for n in range(30):
        post(eve, f"tea {n}")
        post(bob, f"tea with sugar {n}")
    own = post(ada, "tea with sugar, mine")
    accounts.mute(muter=ada, muted=eve)
    accounts.mute_word(user=ada, word="sugar")
    assert list(pages("tea", ada, limit=5)) == [[own.pk, *kept[:2:-1]], kept[2::-1]]
    assert len(ids("tea", bob)) == 68


@pytest.mark.parametrize("asked", ["common", "rare", "common rare", "common -rare", "old", "never common"])
@pytest.mark.parametrize(("walk", "matches"), [(10, 5), (3, 40)])
def test_windows_and_walks_miss_nothing(ada: User, asked: str, walk: int, matches: int, settings: Settings) -> None:
    """Whatever the sizes of steps, every page has what a scan of all tweets has."""
    settings.SEARCH_WALK, settings.SEARCH_MATCHES = walk, matches
    random = Random(7)
    texts = []
    for n in range(80):
        words = ["common"] * (random.random() < 0.5) + ["rare"] * (random.random() < 0.06) + ["old"] * (n < 40)
        texts.append(" ".join([*words, f"n{n}"]))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tweets (author_id, text) SELECT %s, t FROM unnest(%s::text[]) t", [ada.pk, texts])
    wanted = [word for word in asked.split() if word[0] != "-"]
    unwanted = [word[1:] for word in asked.split() if word[0] == "-"]
    expected = [
        tweet.pk
        for tweet in Tweet.objects.order_by("-id")
        if set(wanted) <= set(tweet.text.split()) and not set(unwanted) & set(tweet.text.split())
    ]
    assert ids(asked, limit=4) == expected
    assert ids(asked, ada, limit=50) == expected
    assert sorted(ids(asked, order=Order.TOP, limit=50)) == sorted(expected)


def test_the_top_ones_come_first_and_page_by_page(ada: User) -> None:
    tweets = [post(ada, f"tea {n}") for n in range(6)]
    for tweet, likes in zip(tweets, (0, 5, 1, 0, 9, 2), strict=True):
        Tweet.objects.get(pk=tweet.pk).counts.__class__.objects.filter(tweet=tweet).update(like_count=likes)
    expected = [tweets[n].pk for n in (4, 1, 5, 2, 3, 0)]
    assert ids("tea", order=Order.TOP) == ids("tea", order=Order.TOP, limit=4) == expected
    assert found(parse("tea"), None, order=Order.TOP, cursor=1, limit=4).results == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("from:nobody", "Nobody here is called @nobody."),
        ("tea @closed", "Nobody here is called @closed."),
        ("!!! ...", "There is no word in “!!! ...”"),
        ("-tea since:2026-01-01", "Write also a word to look for"),
    ],
)
def test_what_only_the_database_knows_is_explained_too(asked: str, told: str) -> None:
    person("closed", is_active=False)
    with pytest.raises(QueryError, match=told.replace(".", r"\.")):
        ids(asked)


def test_signs_among_words_do_no_harm(ada: User) -> None:
    tweet = post(ada, "salt & vinegar")
    for asked in ("salt & vinegar", "salt ! | <-> ( vinegar", "salt:* 'vinegar", "salt\\ vinegar%"):
        if ":" not in asked:
            assert ids(asked) == [tweet.pk], asked
    assert ids('"salt:*" "\'vinegar\'"') == [tweet.pk]


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize(
    ("asked", "order", "queries"),
    [("tea", Order.RECENT, 3), ("tea", Order.TOP, 4), ("to:ada", Order.RECENT, 3), ("from:ada", Order.RECENT, 3)],
)
def test_the_number_of_queries(
    ada: User, count: int, asked: str, order: Order, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The question, a walk (or the answers), the cards; of the top ones their ranks."""
    root = post(ada, "root")
    for n in range(count):
        post(ada, f"tea {n}", root)
    with django_assert_num_queries(queries):
        page = found(parse(asked), ada, order=order, cursor=None, limit=20)
    assert len(page.results) in (count, count + 1, 20)
