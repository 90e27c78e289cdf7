"""What operators type about timelines, and what they read."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import Celebrity, User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.local_stack.testing import TestServers
from socialgraph.redis import timelines
from socialgraph.tests.workers import fan_out_worker, nothing_pending, wait_for
from timelines import checking, replay, store
from timelines.home import home_page
from timelines.store import Kind
from tweets import services as tweets
from tweets.models import Like, Tweet

pytestmark = pytest.mark.django_db(transaction=True)
REPORT = r"posts={} deliveries={} expected={} per_second=\d+ lag_p50_ms=\d+ lag_p95_ms=\d+ lag_max_ms=\d+"


def lines(*command: object) -> list[str]:
    """What the command printed, progress apart."""
    output = StringIO()
    call_command(*map(str, command), stdout=output)
    return output.getvalue().splitlines()


def recording(directory: Path, *authors: str) -> Path:
    path = directory / "posts.jsonl"
    post = {"created_at": "2017-08-27T00:05:34-04:00", "text": "hello"}
    path.write_text("".join(json.dumps({**post, "author": author}) + "\n" for author in authors))
    return path


def graph(directory: Path, *edges: str) -> None:
    path = directory / "graph.tsv"
    path.write_text("".join(f"{edge}\n" for edge in edges))
    lines("load_follow_graph", path)


def shown(viewer: User) -> list[int]:
    return [tweet.pk for tweet in home_page(viewer, limit=50).results]


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def bob(ada: User) -> User:
    """Follows Ada."""
    bob = UserFactory.create(username="bob")
    accounts.follow(follower=bob, followee=ada)
    return bob


def post(author: User) -> int:
    tweet_id: int = tweets.post_tweet(author=author, text="hello").tweet.pk
    events.drain()
    return tweet_id


# Data that comes in without events


def test_a_loaded_follow_is_seen_on_the_next_read(tmp_path: Path) -> None:
    graph(tmp_path, "1\t2")
    reader = User.objects.get(username="n1")
    before = post(User.objects.get(username="n2"))
    assert shown(reader) == [before]
    graph(tmp_path, "1\t3")
    newcomer = post(User.objects.get(username="n3"))
    assert shown(reader) == [newcomer, before]


def test_generated_tweets_are_seen_on_the_next_read_of_celebrities_too(
    ada: User, bob: User, settings: Settings
) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 1
    lines("flag_celebrities")
    post(ada)
    assert len(shown(bob)) == 1  # from Ada's own list, which exists now
    [line] = lines("generate_activity", "--tweets", 60, "--likes", 70, "--seed", 1)
    assert re.fullmatch(r"tweets=60 replies=\d+ likes=70 seconds=\d+\.\d\d tweets_per_second=\d+", line)
    assert Like.objects.count() == 70
    assert lines("check_timelines")[-1] == "checked=2 drift=0"
    assert len(shown(bob)) == 50


def test_activity_that_cannot_be_is_refused(ada: User) -> None:
    with pytest.raises(CommandError, match=r"Nothing was written: 1 tweets and 1 users have room for 0 to 1 likes\."):
        lines("generate_activity", "--tweets", 1, "--likes", 2, "--seed", 1)
    assert not Tweet.objects.exists()


def test_a_world_is_whole_and_made_once() -> None:
    sizes = ("--users", 30, "--follows", 200, "--tweets", 60, "--likes", 70)
    graph, activity, end = lines("generate_world", *sizes)
    assert re.fullmatch(r"accounts=31 follows=230 celebrities=0 seconds=\d+\.\d", graph)
    assert re.fullmatch(r"tweets=60 replies=\d+ likes=70 seconds=\d+\.\d", activity)
    assert re.fullmatch(r"star=g1_30 gigabytes=\d+\.\d\d seconds=\d+\.\d", end)
    assert User.objects.get(username="g1_30").follower_count == 30
    assert lines("reconcile_counts")[-1].endswith(" drift=0")
    assert lines("check_timelines")[-1] == "checked=31 drift=0"
    with pytest.raises(CommandError, match="has generated accounts already"):
        lines("generate_world", *sizes)
    assert Tweet.objects.count() == 60


# Checking and rebuilding


def test_a_drift_is_shown_ends_with_1_and_goes_away_with_a_rebuild(
    ada: User, bob: User, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lines("rebuild_timelines") == ["built=2 dropped_inactive=0 dropped_author_lists=0"]
    lost = post(ada)
    timelines().lrem(Kind.HOME.key(bob.pk), 0, str(lost))
    with pytest.raises(SystemExit) as end:
        call_command("check_timelines")
    assert end.value.code == 1
    assert capsys.readouterr().out.splitlines() == [f"@bob: missing [{lost}], extra []", "checked=2 drift=1"]
    assert lines("rebuild_timelines") == ["built=2 dropped_inactive=0 dropped_author_lists=0"]
    assert lines("check_timelines", "--page-size", 1) == ["checked=2 drift=0"]


def test_a_rebuild_keeps_lists_of_active_people_only(ada: User, bob: User, settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 1
    lines("flag_celebrities")
    shown(bob)
    User.objects.filter(pk=bob.pk).update(last_active_on="2020-01-01")
    assert lines("rebuild_timelines") == ["built=1 dropped_inactive=1 dropped_author_lists=1"]
    assert store.read(Kind.HOME, [bob.pk]) == [None]


def test_what_is_pending_is_mentioned_and_no_drift(ada: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "STALL_SECONDS", 0.1)
    lines("rebuild_timelines")
    tweets.post_tweet(author=ada, text="late")
    assert lines("check_timelines") == [
        "1 events in the outbox are not being delivered: is a worker running?",
        "1 timelines wait for deliveries that are still in the outbox.",
        "checked=2 drift=0",
    ]


def test_a_sample_is_checked(ada: User, bob: User) -> None:
    assert lines("check_timelines", "--sample", 1, "--seed", 7) == ["checked=1 drift=0"]
    for wrong in ("--sample", "--page-size"):
        with pytest.raises(CommandError, match="are numbers from 1 on"):
            lines("check_timelines", wrong, 0)


@pytest.mark.serial
def test_without_the_timeline_server_nothing_is_checked_or_built(
    ada: User, bob: User, servers: TestServers, tmp_path: Path
) -> None:
    servers.valkey["timelines"].stop()
    with pytest.raises(CommandError, match="The timeline server does not answer"):
        lines("check_timelines")
    with pytest.raises(CommandError, match="The timeline server failed"):
        lines("rebuild_timelines")
    with pytest.raises(CommandError, match="The tweets are stored, but the timeline server failed"):
        lines("generate_activity", "--tweets", 1, "--likes", 0, "--seed", 1)
    with pytest.raises(CommandError, match=r"Nothing was posted\. "):
        lines("replay_tweets", recording(tmp_path, "a"))


# Replaying


@pytest.mark.serial
def test_a_replay_through_a_real_worker(tmp_path: Path, settings: Settings) -> None:
    graph(tmp_path, *(f"{n}\t99" for n in range(40)), *(f"{n}\t98" for n in range(10)))
    log = tmp_path / "worker.log"
    with fan_out_worker(log):
        *_, last = lines("replay_tweets", recording(tmp_path, "a", "b", "a", "c"))
        assert re.fullmatch(REPORT.format(4, 90, 90), last)
        assert lines("check_timelines") == ["checked=42 drift=0"]
        settings.CELEBRITY_FOLLOWER_COUNT = 20
        assert lines("flag_celebrities") == ["threshold=20 celebrities=1 became=1 leaving=0"]
        *_, last = lines("replay_tweets", recording(tmp_path, "a", "b", "a", "c"), "--limit", 3)
        assert re.fullmatch(REPORT.format(3, 10, 10), last)
        assert lines("check_timelines") == ["checked=42 drift=0"]
        settings.CELEBRITY_FOLLOWER_COUNT = 10_000
        assert lines("flag_celebrities") == ["threshold=10000 celebrities=0 became=0 leaving=1"]
        events.nudge()
        wait_for(nothing_pending, 30, "The end of the crossing")
    assert User.objects.get(username="n99").celebrity == Celebrity.NO
    timelines().flushdb()
    assert lines("check_timelines", "--page-size", 3) == ["checked=42 drift=0"]
    assert lines("reconcile_counts")[-1].endswith(" drift=0")


def test_a_replay_that_nobody_delivers_ends_with_1(
    tmp_path: Path, ada: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "PICK_UP_SECONDS", 0.1)
    output = StringIO()
    with pytest.raises(CommandError, match="No worker took up the first tweet"):
        call_command("replay_tweets", str(recording(tmp_path, "a")), stdout=output)
    assert re.fullmatch(REPORT.format(1, 0, 1), output.getvalue().splitlines()[-1])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--limit", "0"], "--limit is a number from 1 on"),
        (["--speed", "0"], "give a number above 0, or max"),
        (["--speed", "-1"], "give a number above 0, or max"),
        (["--speed", "nan"], "give a number above 0, or max"),
        (["--speed", "fast"], "give a number above 0, or max"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, ada: User, arguments: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        lines("replay_tweets", recording(tmp_path, "a"), *arguments)
    assert not Tweet.objects.exists()


def test_a_bad_recording_posts_nothing(tmp_path: Path, ada: User) -> None:
    path = recording(tmp_path, "a", "b")
    with pytest.raises(CommandError, match=r"Nothing was posted\. The recording has 2 authors, but there are only 1"):
        lines("replay_tweets", path)
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(CommandError, match=r"Nothing was posted\. .*posts.jsonl: line 3: created_at is no text"):
        lines("replay_tweets", path, "--limit", "1")
    assert not Tweet.objects.exists()
