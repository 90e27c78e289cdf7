"""What may be asked, and what is said of what cannot be."""

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweets.search.query import Query, QueryError, parse
from tweets.tests.nasty_texts import TEXTS


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("tea", Query(phrases=("tea",))),
        ("  tea  harbour tea ", Query(phrases=("tea", "harbour"))),
        ('"paper boats" tea', Query(phrases=("paper boats", "tea"))),
        ("“paper boats”", Query(phrases=("paper boats",))),
        ("東京\u3000大阪", Query(phrases=("東京", "大阪"))),
        ("#Straße #ＡＢＣ", Query(hashtags=("strasse", "abc"))),
        ("#1 #", Query(phrases=("#1", "#"))),
        ("@Ada ＠bob", Query(mentions=("ada", "bob"))),
        ("@ada! @a-b", Query(phrases=("@ada!", "@a-b"))),
        ("from:Ada FROM:@bob", Query(authors=("ada", "bob"))),
        ("to:ada has:media", Query(answered=("ada",), has_media=True)),
        ("since:2026-01-31 until:2026-02-28", Query(since=dt.date(2026, 1, 31), until=dt.date(2026, 2, 28))),
        (
            'tea -milk -"with sugar" -#tag -@ada -from:bob -has:media',
            Query(
                phrases=("tea",),
                without=Query(
                    phrases=("milk", "with sugar"),
                    hashtags=("tag",),
                    mentions=("ada",),
                    authors=("bob",),
                    has_media=True,
                ),
            ),
        ),
        ("tea - milk", Query(phrases=("tea", "-", "milk"))),
        ("https://example.org/x 10:30 :)", Query(phrases=("https://example.org/x", "10:30", ":)"))),
        ('12" e-mail', Query(phrases=('12"', "e-mail"))),
        ('"" tea', Query(phrases=("tea",))),
        ("a\0b", Query(phrases=("a", "b"))),
    ],
)
def test_what_is_understood(asked: str, query: Query) -> None:
    assert parse(asked) == query


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("", "Write what to look for."),
        (" \n\0", "Write what to look for."),
        ('tea "paper boats', 'A quotation mark is open: close it, as in "paper boats".'),
        ('"', "Close the quotes."),
        ("form:ada", "“form:” is not known. Did you mean from:?"),
        ("foo:bar", 'put it in quotes: "foo:bar"'),
        ("from:", "Write a user name behind from:"),
        ("from: ada", "Write a user name behind from:"),
        ("to:x!", "“x!” is no user name"),
        ("from:" + "a" * 16, "is no user name"),
        ("since:yesterday", "“since:yesterday” is no day: write year, month and day, as in since:2026-01-31."),
        ("until:2026-02-30", "is no day"),
        ("since:20260131", "is no day"),
        ("since:２０２６-01-31", "is no day"),
        ("since:2026-01-01 since:2026-01-02", "Write since: once."),
        ("since:2026-01-02 until:2026-01-01", "Nothing lies between"),
        ("has:video", "there is has:media"),
        ("-since:2026-01-01", "cannot be left out"),
        ("tea -to:ada", "cannot be left out"),
        ("-milk", "only says what to leave out"),
        ("x" * 501, "500 characters at most; this has 501"),
        ("x" * 10_000, "this has 10,000"),
        ("a " * 21, "20 things at most; this names 21"),
    ],
)
def test_what_is_explained(asked: str, told: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(asked)
    assert told in str(refused.value)


@given(TEXTS | st.text(st.sampled_from('"-:#@ fromtsinceuhl0126é'), max_size=60))
def test_everything_is_understood_or_explained(asked: str) -> None:
    with suppress(QueryError):
        assert parse(asked) != Query()
