"""Like checks: "did the reader like these 50?" by Valkey sets, a Bloom filter, or PostgreSQL's index of likes.

One post has a million likes. PostgreSQL answers within the statement that decides what a page shows and reads its
counts, which is run in any case; so that statement is measured with its like checks and without.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import psutil
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from knox.models import get_token_model

from accounts.models import User
from dashboard.bench import client, data
from dashboard.bench.home import NotTheSame, percentiles
from dashboard.bench.rungs import BATCH, Filter, Page, Rungs, alone, statement
from dashboard.bench.sizes import Installation, size
from socialgraph.bulk import fast_filling
from socialgraph.redis import timelines
from tweets.models import Like, Tweet
from tweets.selectors import LIKED
from tweets.services import like, unlike

PAGE = 50  # posts, the viral one among them
LIKES_EACH = 100  # of an ordinary post
SHOWN = 5_000  # newest ordinary posts, of which the pages are
RATES = (0.01, 0.001)  # false positives that a filter is made for
SHARE_OF_LIKERS = 0.95  # of all people; the others did not like the viral post
LIKERS_AMONG_READERS = 0.1
LOOKED_AT = 50  # readers whose check is explained


@dataclass(frozen=True)
class Sizes:
    viral: int = size(1_000_000, "likes on one post", quick=1_000)
    likes: int = size(5_000_000, "likes in all", quick=3_000)
    pages: int = size(1_000, "that each way answers, in turns", quick=5)
    strangers: int = size(20_000, "checks of people who did not like it, by each filter", quick=200)
    visitors: int = size(1_000, "who open the viral post at once, over HTTP", quick=20)
    connections: int = size(50, "at a time", quick=4)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    random = Random(1)
    viral, likers, strangers, ordinary = _fill(sizes)
    data.settle()
    found: dict[str, Any] = {"checks_in_postgresql": _explained(viral, random.sample(likers, LOOKED_AT))}
    filters = {rate: Filter(likers, rate) for rate in RATES}
    shown = ordinary[-SHOWN:]
    rungs = Rungs(viral, likers, shown, filters[RATES[0]])
    people = likers + strangers
    readers = (likers if random.random() < LIKERS_AMONG_READERS else strangers for _ in range(sizes.pages))
    pages = [(random.choice(some), [viral, *random.sample(shown, PAGE - 1)]) for some in readers]
    found |= {
        "bytes": {**rungs.bytes(viral, shown[:BATCH]), "index_of_all_likes": _index_bytes()},
        "a_page": _pages(rungs, pages),
        "filters": {str(rate): _judged(each, likers, strangers[: sizes.strangers]) for rate, each in filters.items()},
        "statements": _statements(rungs, pages),
        "stampede": _stampede(installation.base_url, viral, people, sizes),
    }
    described = {
        "likes_of_the_viral": Like.objects.filter(tweet_id=viral).count(),
        "likes": Like.objects.count(),
        "people": len(people),
        "ordinary_posts": len(ordinary),
        "likes_of_an_ordinary": LIKES_EACH,
        "posts_on_a_page": PAGE,
        "readers_who_like_it": LIKERS_AMONG_READERS,
    }
    return described, found


def _fill(sizes: Sizes) -> tuple[int, list[int], list[int], list[int]]:
    """(the viral post, who likes it, who does not, the ordinary posts)"""
    everybody = round(sizes.viral / SHARE_OF_LIKERS)
    number = max(PAGE, (sizes.likes - sizes.viral) // LIKES_EACH)
    with transaction.atomic(), connection.cursor() as cursor:
        with fast_filling(cursor, {"users": everybody}):
            people = data.people(everybody, "l")
        viral, *ordinary = (
            tweet.pk
            for tweet in Tweet.objects.bulk_create(
                (Tweet(author_id=people[n % len(people)], text=f"Post {n}") for n in range(number + 1)),
                batch_size=1_000,
            )
        )
        cursor.execute(
            "CREATE TEMP TABLE numbered ON COMMIT DROP AS"
            " SELECT n, id FROM unnest(%s::bigint[]) WITH ORDINALITY u (id, n)",
            [people],
        )
        with fast_filling(cursor, {"likes": sizes.likes}):
            cursor.execute(
                "INSERT INTO likes (user_id, tweet_id) SELECT id, %s FROM numbered WHERE n <= %s", [viral, sizes.viral]
            )
            # Everybody's step is as wide as can be, so that nobody likes a post twice.
            cursor.execute(
                "INSERT INTO likes (user_id, tweet_id) SELECT u.id, t.id"
                " FROM unnest(%s::bigint[]) WITH ORDINALITY t (id, n) CROSS JOIN generate_series(0, %s - 1) g"
                " JOIN numbered u ON u.n = 1 + (t.n * 7919 + g * %s) %% %s",
                [ordinary, LIKES_EACH, len(people) // LIKES_EACH, len(people)],
            )
    return viral, people[: sizes.viral], people[sizes.viral :], ordinary


def _pages(rungs: Rungs, pages: list[Page]) -> dict[str, Any]:
    """Milliseconds of latency and of each processor for the 50 checks of a page, all ways in turns."""
    ways: dict[str, Callable[[Page], object]] = {
        "statement_without_checks": lambda page: statement(page, "false"),
        "statement_with_checks": statement,
        "checks_alone": alone,
        "sets": rungs.sets,
        "sets_and_filter": rungs.ladder,
    }
    for page in pages:
        if not alone(page) == rungs.sets(page) == rungs.ladder(page):
            raise NotTheSame(f"the marks of {page}")
        by_id = {row[0]: row[-3] for row in statement(page)}
        if [by_id[tweet_id] for tweet_id in page[1]] != alone(page):
            raise NotTheSame(f"the marks of {page} in the statement")
    took: dict[str, list[float]] = {name: [] for name in ways}
    spent = {name: dict.fromkeys(_processor(), 0.0) for name in ways}
    for start in range(0, len(pages), 100):  # a look at the processors costs more than a page
        for name, way in ways.items():
            before = _processor()
            for page in pages[start : start + 100]:
                began = time.perf_counter()
                way(page)
                took[name].append(1000 * (time.perf_counter() - began))
            for part, seconds in _processor().items():
                spent[name][part] += seconds - before[part]
    return {
        name: {
            "ms": percentiles(sorted(took[name])),
            "processor_ms": {part: round(1000 * seconds / len(pages), 3) for part, seconds in spent[name].items()},
        }
        for name in ways
    }


def _processor() -> dict[str, float]:
    """Seconds so far: of this process, of its session's server process, and of Valkey."""
    assert connection.connection is not None  # nosec B101 # for the type checker
    session = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    valkey = timelines().info("cpu")
    return {
        "client": time.process_time(),
        "postgresql": session.user + session.system,
        "valkey": valkey["used_cpu_user"] + valkey["used_cpu_sys"],
    }


def _judged(made: Filter, likers: list[int], strangers: list[int]) -> dict[str, Any]:
    """Nobody who liked it may be told no; of the others the filter may say "maybe" as seldom as it was made for."""
    for start in range(0, len(likers), max(BATCH, len(likers) // 20)):
        some = likers[start : start + BATCH]
        if made.maybes(some) != len(some):
            raise NotTheSame("The filter denies a like.")
    maybes = sum(made.maybes(strangers[start : start + BATCH]) for start in range(0, len(strangers), BATCH))
    return {
        "bits_for_a_like": round(made.shape.bits / len(likers), 2),
        "hashes": made.shape.hashes,
        "bytes": made.bytes,
        "seconds_to_fill": round(made.seconds, 1),
        "strangers_asked": len(strangers),
        "false_positives": maybes,
        "false_positive_rate": round(maybes / len(strangers), 5),
    }


def _statements(rungs: Rungs, pages: list[Page]) -> dict[str, float]:
    """How many PostgreSQL runs for a page with its marks, by each way: the page's own one is among them."""
    found: dict[str, float] = {}
    for name, way in (("postgresql", None), ("sets", rungs.sets), ("sets_and_filter", rungs.ladder)):
        with CaptureQueriesContext(connection) as queries:
            for page in pages[:100]:
                statement(page, "false" if way else LIKED)
                if way:
                    way(page)
        found[name] = round(len(queries) / len(pages[:100]), 2)
    return found


def _explained(viral: int, likers: list[int]) -> dict[str, Any]:
    """One check each, as PostgreSQL sees it: at first sight, again, and of a like that was just taken back."""
    found = {"cold": _explain(viral, likers), "hot": _explain(viral, likers)}
    tweet = Tweet(pk=viral)
    for user_id in likers:
        unlike(user=User(pk=user_id), tweet=tweet)
    found["taken_back"] = _explain(viral, likers)
    for user in User.objects.filter(pk__in=likers):
        like(user=user, tweet=tweet)
    return found


def _explain(viral: int, user_ids: list[int]) -> dict[str, Any]:
    plans, hit, read, heap, took = set(), 0, 0, 0, 0.0
    with connection.cursor() as cursor:
        for user_id in user_ids:
            cursor.execute(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
                " SELECT 1 FROM likes l WHERE l.user_id = %s AND l.tweet_id = %s",
                [user_id, viral],
            )
            [[explained]] = cursor.fetchone()
            plan = explained["Plan"]
            plans.add(f"{plan['Node Type']} using {plan.get('Index Name')}")
            hit, read = hit + plan["Shared Hit Blocks"], read + plan["Shared Read Blocks"]
            heap, took = heap + plan.get("Heap Fetches", 0), took + explained["Execution Time"]
    return {
        "plan": " / ".join(sorted(plans)),
        "blocks": round((hit + read) / len(user_ids), 1),
        "of_them_read": round(read / len(user_ids), 1),
        "heap_fetches": round(heap / len(user_ids), 1),
        "ms": round(took / len(user_ids), 3),
    }


def _index_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('likes_unique')")
        return int(cursor.fetchone()[0])


def _stampede(base_url: str, viral: int, people: list[int], sizes: Sizes) -> dict[str, Any]:
    """Everybody opens the same post, each as somebody else; the check is in the one statement of its card."""
    visitors = User.objects.filter(pk__in=people[-sizes.visitors :])
    asked = [
        client.request(f"/api/tweets/{viral}", {"Authorization": f"Token {get_token_model().objects.create(user)[1]}"})
        for user in visitors
    ]
    client.send_each(base_url, asked[: 4 * sizes.connections], sizes.connections)  # warms up
    result = client.send_each(base_url, asked, sizes.connections)
    if set(result.statuses) != {200}:
        raise NotTheSame(f"the viral post: answers {dict(result.statuses)}")
    return {
        "requests": len(result.latencies_ms),
        "seconds": round(result.seconds, 2),
        "per_second": round(result.per_second),
        "ms": percentiles(result.latencies_ms),
    }
