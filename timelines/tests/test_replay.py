"""A recording that runs through the product: what is refused, who speaks for whom, and what is counted."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts import services as accounts
from accounts.loading import BadLine
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.models import OutboxEvent
from timelines import replay
from timelines.deliveries import Deliveries
from timelines.rebuild import build_active
from timelines.replay import CannotReplay, Replay, audience, pair_by_rank, percentile, read_posts
from tweets import services as tweets
from tweets.models import Tweet

pytestmark = pytest.mark.django_db(transaction=True)


def record(author: str = "user1", text: str = "hello", at: str = "2017-08-27T00:05:34-04:00") -> str:
    return json.dumps({"id": 1, "created_at": at, "author": author, "text": text})


def recording(directory: Path, *lines: str) -> Path:
    path = directory / "posts.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="surrogatepass")
    return path


@pytest.fixture
def people() -> list[User]:
    """star with four followers, known with two, quiet with none; everybody has a timeline."""
    star, known, quiet, *fans = (UserFactory.create(username=n) for n in ("star", "known", "quiet", *"abcd"))
    for fan in fans:
        accounts.follow(follower=fan, followee=star)
    for fan in fans[:2]:
        accounts.follow(follower=fan, followee=known)
    while accounts.flush_counts():
        pass
    build_active()
    return [star, known, quiet]


@contextmanager
def draining() -> Iterator[None]:
    """Handles events in a thread, as a worker would."""
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                events.drain()
                time.sleep(0.005)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def run(posts: list[replay.Post], speed: float | None = None) -> Replay:
    replaying = Replay(posts, pair_by_rank(posts), speed)
    replaying.run()
    return replaying


# Reading


def test_a_recording_is_read_in_its_order_plain_or_compressed(tmp_path: Path) -> None:
    path = recording(
        tmp_path, record("b", "first"), record("a", "two\nlines 👩‍👩‍👧"), record("a", "e\u0301", "2017-08-27T04:00Z")
    )
    posts = read_posts(path)
    assert [(post.author, post.text) for post in posts] == [("b", "first"), ("a", "two\nlines 👩‍👩‍👧"), ("a", "é")]
    assert (posts[0].at - posts[2].at).total_seconds() == 5 * 60 + 34
    compressed = tmp_path / "posts.jsonl.gz"
    compressed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_posts(compressed) == posts


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[1]", "not a JSON object"),
        ('{"author": "a", "text": "x"}', "created_at is no text"),
        ('{"created_at": "2017-08-27T00:05:34Z", "author": 5, "text": "x"}', "author is no text"),
        (record(at="yesterday"), "Invalid isoformat string"),
        (record(at="2017-08-27T00:05:34"), "does not say its offset"),
        (record(text=""), "text is no text"),
        (record(text=" \u200b "), "there is nothing to see"),
        (record(text="x" * 281), "Remove 1 character"),
        (record(text="a\0b"), "U\\+0000"),
        (record(text="\ud83d"), "U\\+D83D"),
        ("[" * 50_000, "recursion"),
        (record(text="x" * 70_000), "Unterminated string"),
    ],
)
def test_a_bad_line_stops_it_with_its_number(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(BadLine, match=f"line 2: .*{complaint}"):
        read_posts(recording(tmp_path, record(), line, record()))


def test_bytes_that_are_no_text_are_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(record().encode() + b"\n\xff\n")
    with pytest.raises(BadLine, match="line 2: 'utf-8' codec can't decode"):
        read_posts(path)


def test_a_compressed_recording_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(record(text=f"{n}") for n in range(1000)).encode())[:-200])
    with pytest.raises(BadLine, match="broken or cut off"):
        read_posts(path)


# Pairing and what to expect


def test_authors_and_users_are_paired_by_rank(tmp_path: Path, people: list[User]) -> None:
    posts = read_posts(recording(tmp_path, *map(record, ["once", "twice", "later", "twice"])))
    assert pair_by_rank(posts) == {"twice": people[0], "once": people[1], "later": people[2]}


def test_more_authors_than_users_cannot_be_paired(tmp_path: Path) -> None:
    UserFactory.create()
    with pytest.raises(CannotReplay, match="2 authors, but there are only 1 users"):
        pair_by_rank(read_posts(recording(tmp_path, record("a"), record("b"))))


def test_the_audience_is_active_and_nobodys_who_is_merged(people: list[User], settings: Settings) -> None:
    assert [audience(person) for person in people] == [4, 2, 0]
    User.objects.filter(username="a").update(last_active_on="2020-01-01")
    User.objects.filter(username="b").update(last_active_on=None)
    assert [audience(person) for person in people] == [2, 0, 0]
    settings.CELEBRITY_FOLLOWER_COUNT = 3
    accounts.flag_celebrities()
    assert audience(people[0]) == 0


# Running


def test_all_posts_arrive_and_are_counted(tmp_path: Path, people: list[User]) -> None:
    posts = read_posts(recording(tmp_path, *map(record, ["one", "two", "one", "three", "one"])))
    with draining():
        done = run(posts)
    assert Tweet.objects.count() == 5
    assert done.report().startswith("posts=5 deliveries=14 expected=14 per_second=")
    assert set(Tweet.objects.values_list("author__username", flat=True)) == {"star", "known", "quiet"}


def test_tweets_of_others_are_not_counted(tmp_path: Path, people: list[User]) -> None:
    replaying = Replay(read_posts(recording(tmp_path, record())), {"user1": people[1]})
    tweets.post_tweet(author=people[0], text="from somebody else")
    with draining():
        replaying.run()
    assert (replaying.deliveries.total, replaying.expected) == (2, 2)


def test_celebrities_are_posted_and_not_expected(tmp_path: Path, people: list[User], settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 3
    accounts.flag_celebrities()
    with draining():
        done = run(read_posts(recording(tmp_path, *map(record, ["one", "two", "one"]))))
    assert (done.deliveries.posts, done.deliveries.total, done.expected) == (3, 2, 2)


def test_a_lost_timeline_shows(tmp_path: Path, people: list[User]) -> None:
    User.objects.create(username="new", email="new@example.org", display_name="New", last_active_on=timezone.now())
    accounts.follow(follower=User.objects.get(username="new"), followee=people[0])  # and has no timeline yet
    with draining():
        done = run(read_posts(recording(tmp_path, record())))
    assert (done.deliveries.total, done.expected) == (4, 5)


def test_the_pace_of_the_recording_is_kept(tmp_path: Path, people: list[User]) -> None:
    lines = [record(at=f"2017-08-27T00:00:{second:02}Z") for second in (0, 10, 5, 30)]
    before = time.monotonic()
    with draining():
        run(read_posts(recording(tmp_path, *lines)), speed=60)
    assert 0.5 < time.monotonic() - before < 5


def test_without_a_worker_only_one_tweet_is_posted(
    tmp_path: Path, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "PICK_UP_SECONDS", 0.2)
    with pytest.raises(CannotReplay, match=r"No worker took up the first tweet within 0\.2 s"):
        run(read_posts(recording(tmp_path, record(), record())))
    assert Tweet.objects.count() == 1


def test_deliveries_that_do_not_end_are_given_up(
    tmp_path: Path, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "STALL_SECONDS", 0.3)
    posts = read_posts(recording(tmp_path, record(), record()))
    replaying = Replay(posts, pair_by_rank(posts))

    def claim_the_first_only() -> None:
        try:
            while not (claims := events.claim(limit=1)):
                time.sleep(0.005)
            events.handle(claims[0])
        finally:
            connection.close()

    worker = threading.Thread(target=claim_the_first_only)
    worker.start()
    with pytest.raises(CannotReplay, match=r"Nothing was delivered for 0\.3 s, 1 tweets are left"):
        replaying.run()
    worker.join()
    assert replaying.report().startswith("posts=2 deliveries=4 expected=8 ")


# Counting


def test_the_ranges_of_a_split_audience_are_one_tweet(people: list[User], settings: Settings) -> None:
    settings.FAN_OUT_RANGE = 3
    following = Deliveries()
    following.follow(tweets.post_tweet(author=people[0], text="to ranges").tweet.pk)
    [claim] = events.claim()
    events.handle(claim)  # it is split into two
    assert not following.are_complete()
    [first, second] = events.claim()
    events.handle(first)
    assert not following.are_complete()
    events.handle(second)
    assert following.are_complete()
    ended = OutboxEvent.objects.get(pk=second.id).done_at
    posted = OutboxEvent.objects.get(event="tweet_posted").created_at
    assert ended is not None
    assert following.total == 4
    assert following.lags_ms() == [pytest.approx(1000 * (ended - posted).total_seconds(), abs=0.01)]


def test_an_outbox_that_is_pruned_meanwhile_takes_nothing_away(people: list[User]) -> None:
    following = Deliveries()
    for number in range(5):
        following.follow(tweets.post_tweet(author=people[0], text=f"{number}").tweet.pk)
        events.drain()
        following.look()
        OutboxEvent.objects.exclude(done_at=None).delete()
    assert following.are_complete()
    assert (following.total, len(following.lags_ms())) == (20, 5)


def test_what_is_finished_out_of_order_is_counted_once(people: list[User]) -> None:
    following = Deliveries()
    for number in range(3):
        following.follow(tweets.post_tweet(author=people[0], text=f"{number}").tweet.pk)
    claims = events.claim()
    for claim, finished in zip(reversed(claims), (1, 2, 3), strict=True):
        events.handle(claim)
        following.look()
        assert (following.finished, following.total, following.pending) == (finished, 4 * finished, 3 - finished)


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([], 0.5, 0), ([7], 0.95, 7), ([1, 2, 3, 4], 0.5, 2), ([*range(1, 101)], 0.95, 95), ([1, 2, 3], 1.0, 3)],
)
def test_percentiles_are_values_that_occurred(values: list[float], share: float, value: float) -> None:
    assert percentile(values, share) == value
