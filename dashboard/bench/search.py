"""Search on many posts: words that half of them hold, and one in a hundred, and one in ten thousand; and together."""

import datetime as dt
import statistics
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from accounts.search import people_found
from dashboard.bench import client, data
from dashboard.bench.home import NotTheSame, html_request, percentiles
from dashboard.bench.sizes import Installation, size
from socialgraph.bulk import fast_filling
from tweets.generating import WORDS
from tweets.search.find import Order, found
from tweets.search.query import parse

# `odd` and `even` are in half of all posts each and in none together; `early` is in half of the oldest tenth alone.
_POSTS = """
INSERT INTO tweets (author_id, text)
SELECT a.ids[1 + floor(power(random(), 3) * %(people)s)::int], concat_ws(' ',
    CASE WHEN n %% 2 = 0 THEN 'even' ELSE 'odd' END,
    CASE WHEN random() < 0.5 THEN 'half' END,
    CASE WHEN random() < 0.01 THEN 'hundredth' END,
    CASE WHEN random() < 0.0001 THEN 'scarce' END,
    CASE WHEN n < %(tweets)s / 10 AND random() < 0.5 THEN 'early' END,
    CASE WHEN random() < 0.02 THEN '昨日は東京で友達と会った。' END,
    CASE WHEN random() < 0.0005 THEN 'กรุงเทพมหานคร' END,
    (SELECT string_agg(w.words[1 + floor(random() * %(words)s)::int + 0 * g], ' ')
        FROM generate_series(1, 4 + n %% 12) g)
)
FROM generate_series(1, %(tweets)s) n,
    (SELECT %(authors)s::bigint[] AS ids OFFSET 0) a, (SELECT %(vocabulary)s::text[] AS words OFFSET 0) w
"""
QUESTIONS = {
    "in half of all": "half",
    "in 1 %": "hundredth",
    "in 0.01 %": "scarce",
    "in none": "nowhere",
    "half and 1 %": "half hundredth",
    "half and 0.01 %": "half scarce",
    "halves that meet in a quarter": "half odd",
    "halves that never meet": "odd even",
    "in half, of the oldest tenth": "early",
    "five words": "half odd morning window paper",
    "phrase": '"morning window"',
    "without": "hundredth -half",
    "two letters of Japanese": "東京",
    "a word of Japanese": "友達と会った",
    "a word of Thai": "เทพมหานคร",
    "by somebody": "from:s1",
    "by somebody with a word": "from:s1 half",
    "in reply to somebody": "to:s1",
    "since a day": "since:{day} half",
    "with images": "has:media half",
}
NAMES = {
    "one letter": "s",
    "three letters": "s12",
    "a whole name": "s4321",
    "a part": "_of_",
    "something like it": "s_9123x",
}


@dataclass(frozen=True)
class Sizes:
    users: int = size(100_000, "people", quick=60)
    tweets: int = size(1_000_000, "tweets", quick=600)
    requests: int = size(300, "of each question, each way", quick=3)
    seconds: float = size(5.0, "of load on a page, over one connection", quick=0.5)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    people = data.people(sizes.users, "s")
    reader = User.objects.get(pk=people[-1])
    data.follow([reader.pk], people[: min(200, len(people) - 1)])
    filled = _fill(people, sizes.tweets)
    data.settle()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tweet_counts SET like_count = floor(1 / (random() + 0.001)) WHERE tweet_id % 10 = 0")
        cursor.execute("ANALYZE")
    return {"users": sizes.users, "tweets": sizes.tweets}, {
        "filling_seconds": filled,
        **measured(reader, sizes.requests),
        "page": _page(installation.base_url, reader, sizes.seconds),
    }


def measured(reader: User, requests: int) -> dict[str, Any]:
    """Milliseconds in process: the question, the ids and the cards of a page; nothing of it is kept in between."""
    questions = {name: asked.format(day=dt.date.today()) for name, asked in QUESTIONS.items()}
    return {
        "tweets_ms": {
            order.value: {name: _timed(reader, asked, order, requests) for name, asked in questions.items()}
            for order in Order
        },
        "people_ms": {
            name: _percentiles([_one(lambda: people_found(asked, reader, limit=8)) for _ in range(requests)])  # noqa: B023 # called at once
            for name, asked in NAMES.items()
        },
        "index_mb": _sizes(),
    }


def _timed(reader: User, asked: str, order: Order, requests: int) -> dict[str, Any]:
    def page() -> int:
        return len(found(parse(asked), reader, order=order, cursor=None, limit=settings.PAGE_SIZE).results)

    return {"found": page(), **_percentiles([_one(page) for _ in range(requests)])}


def _one(way: Any) -> float:
    began = time.perf_counter()
    way()
    return 1000 * (time.perf_counter() - began)


def _percentiles(values: list[float]) -> dict[str, float]:
    return {**percentiles(sorted(values)), "mean": round(statistics.fmean(values), 2)}


def _fill(people: list[int], tweets: int) -> float:
    """Seconds for the posts and their indexes, the generated column among them."""
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor, fast_filling(cursor, {"tweets": tweets}):
        cursor.execute(
            _POSTS,
            {
                "people": len(people) - 1,
                "authors": people,
                "tweets": tweets,
                "vocabulary": WORDS,
                "words": len(WORDS) - 1,
            },
        )
    return round(time.perf_counter() - began, 1)


def _sizes() -> dict[str, float]:
    names = ["tweets", "tweets_pkey", "tweets_search", "tweets_hashtags", "users", "users_words", "users_trigrams"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, pg_relation_size(n::regclass) / 1e6 FROM unnest(%s::text[]) n", [names])
        return {name: round(float(size), 1) for name, size in cursor.fetchall()}


def _page(base_url: str, reader: User, seconds: float) -> dict[str, Any]:
    """The whole page of the word that one post in a hundred holds, over one connection."""
    result = client.load(base_url, [html_request(reader, "/search/?q=hundredth")], seconds)
    if set(result.statuses) != {200}:
        raise NotTheSame(f"search: answers {dict(result.statuses)}")
    return {"requests": len(result.latencies_ms), "latency_ms": percentiles(result.latencies_ms)}
