"""Graphs from files: all or nothing, exact counts, no stale timelines."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts import loading
from accounts.loading import BadLine, Loaded, fold_counts, load_follow_graph
from accounts.models import Celebrity, Follow, User
from accounts.services import flush_counts, follow, unfollow
from accounts.tests.factories import UserFactory
from socialgraph import counts
from socialgraph.models import CountDelta

pytestmark = pytest.mark.django_db(transaction=True)


def file_of(directory: Path, *lines: str, name: str = "graph.tsv") -> Path:
    path = directory / name
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def edges() -> set[tuple[str, str]]:
    return set(Follow.objects.values_list("follower__username", "followee__username"))


def nothing_was_written() -> bool:
    return not (Follow.objects.exists() or User.objects.exists() or CountDelta.objects.exists())


def versions() -> dict[str, int]:
    return dict(User.objects.values_list("username", "graph_version"))


@pytest.mark.parametrize("name", ["graph.tsv", "graph.tsv.gz"])
@pytest.mark.parametrize("header", [["follower\tfollowee"], []])
def test_a_file_becomes_accounts_and_follows(tmp_path: Path, name: str, header: list[str]) -> None:
    path = file_of(tmp_path, *header, "1\t2", "3\t2", "2\t1", name=name)
    assert load_follow_graph(path) == Loaded(accounts=3, follows=3, repeated=0, new_accounts=3, new_follows=3)
    assert edges() == {("n1", "n2"), ("n3", "n2"), ("n2", "n1")}
    user = User.objects.get(username="n2")
    assert (user.email, user.display_name, user.last_active_on) == ("n2@example.invalid", "n2", timezone.now().date())
    assert not user.has_usable_password()
    assert (user.follower_count, user.following_count) == (2, 1)
    assert not CountDelta.objects.exists()
    assert counts.drift()[1] == []


def test_the_last_line_needs_no_end_and_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "graph.tsv"
    path.write_bytes(b"follower\tfollowee\r\n1\t2\r\n2\t3")
    assert load_follow_graph(path).follows == 2


def test_loading_twice_doubles_nothing_and_outdates_nobody(tmp_path: Path) -> None:
    path = file_of(tmp_path, "1\t2", "3\t2")
    load_follow_graph(path)
    before = versions()
    assert load_follow_graph(path) == Loaded(accounts=3, follows=2, repeated=0, new_accounts=0, new_follows=0)
    assert versions() == before
    assert Follow.objects.count() == 2
    assert counts.drift()[1] == []


def test_repeated_lines_are_one_follow(tmp_path: Path) -> None:
    path = file_of(tmp_path, "1\t2", "1\t2", "01\t2", "2\t1")
    assert load_follow_graph(path) == Loaded(accounts=2, follows=2, repeated=2, new_accounts=2, new_follows=2)


def test_only_the_timelines_of_changed_followers_are_outdated(tmp_path: Path) -> None:
    load_follow_graph(file_of(tmp_path, "1\t2", "3\t2"))
    before = versions()
    load_follow_graph(file_of(tmp_path, "1\t2", "3\t1", "3\t4"))
    assert versions() == {**before, "n3": before["n3"] + 1, "n4": 0}
    assert list(User.objects.order_by("username").values_list("username", "follower_count", "following_count")) == [
        ("n1", 1, 1),
        ("n2", 2, 0),
        ("n3", 0, 3),
        ("n4", 1, 0),
    ]


def test_who_was_loaded_long_ago_is_active_again(tmp_path: Path) -> None:
    path = file_of(tmp_path, "1\t2")
    load_follow_graph(path)
    User.objects.update(last_active_on="2020-01-01")
    load_follow_graph(path)
    assert set(User.objects.values_list("last_active_on", flat=True)) == {timezone.now().date()}


def test_celebrities_are_flagged(tmp_path: Path, settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 3
    load_follow_graph(file_of(tmp_path, "1\t9", "2\t9", "3\t9", "1\t8", "2\t8"))
    assert list(User.objects.filter(celebrity=Celebrity.YES).values_list("username", flat=True)) == ["n9"]


def test_a_file_in_many_slices_is_one_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "SLICE", 7)
    monkeypatch.setattr(loading, "BLOCK_LINES", 5)
    pairs = [(a, b) for a in range(8) for b in range(8) if a != b]
    loaded = load_follow_graph(file_of(tmp_path, *(f"{a}\t{b}" for a, b in pairs)))
    assert (loaded.follows, loaded.new_follows) == (56, 56)
    assert edges() == {(f"n{a}", f"n{b}") for a, b in pairs}
    assert set(versions().values()) == {0}  # new accounts have no timeline yet that could be outdated
    assert counts.drift()[1] == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("5", "1 column(s) instead of two numbers"),
        ("", "1 column(s)"),
        ("1\t2\t3", "3 column(s)"),
        ("1 2", "1 column(s)"),
        ("x\t2", "'x' is not a number"),
        ("1\t-2", "'-2' is not a number"),
        ("1\t 2", "' 2' is not a number"),
        ("1\t2.0", "'2.0' is not a number"),
        ("1\t", "'' is not a number"),
        ("1\t٣", "'٣' is not a number"),
        ("1\t2\0", r"'2\x00' is not a number"),
        ("follower\tfollowee", "'follower' is not a number"),
        ("1\t100000000000000", "100000000000000 is too large"),
        ("7\t7", "7 follows itself"),
        ("7\t007", "7 follows itself"),
        ("1\t" + "2" * 100, "longer than 64 bytes"),
    ],
)
def test_a_bad_line_stops_it_with_its_number(tmp_path: Path, line: str, complaint: str) -> None:
    path = file_of(tmp_path, "follower\tfollowee", "1\t2", line, "3\t4")
    with pytest.raises(BadLine) as refusal:
        load_follow_graph(path)
    assert str(refusal.value).startswith(f"line 3: {complaint}")
    assert nothing_was_written()


def test_bytes_that_are_no_text_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "graph.tsv"
    path.write_bytes(b"1\t2\n\xff\t3\n")
    with pytest.raises(BadLine, match=r"line 2: '\\\\xff' is not a number"):
        load_follow_graph(path)
    assert nothing_was_written()


def test_a_header_the_wrong_way_round_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLine, match=r"line 1: 'followee' is not a number, and the header would be 'follower"):
        load_follow_graph(file_of(tmp_path, "followee\tfollower", "1\t2"))
    assert nothing_was_written()


@pytest.mark.parametrize("damage", ["cut off", "overwritten", "not compressed"])
def test_a_broken_compressed_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = file_of(tmp_path, *(f"{n}\t{n + 1}" for n in range(50_000)), name="graph.tsv.gz")
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        {
            "cut off": content[:half],
            "overwritten": content[:half] + b"\0" * 50 + content[half + 50 :],
            "not compressed": b"1\t2\n",
        }[damage]
    )
    with pytest.raises(BadLine, match="the compressed file is broken or cut off here"):
        load_follow_graph(path)
    assert nothing_was_written()


@pytest.mark.parametrize("lines", [[], ["follower\tfollowee"]])
def test_a_file_without_follows_is_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(ValueError, match="the file holds no follow"):
        load_follow_graph(file_of(tmp_path, *lines))


@pytest.mark.parametrize(
    "person", [{"username": "N2"}, {"email": "N2@example.invalid"}, {"username": "n2", "email": "n9@example.invalid"}]
)
def test_a_person_of_that_name_is_not_made_to_follow_anybody(tmp_path: Path, person: dict[str, str]) -> None:
    UserFactory.create(**person)
    with pytest.raises(ValueError, match=r"n2 or n2@example.invalid belongs to an account that was not loaded"):
        load_follow_graph(file_of(tmp_path, "1\t2", "2\t3"))
    assert User.objects.count() == 1
    assert not Follow.objects.exists()


def test_folding_waits_for_the_flusher_that_is_at_work(tmp_path: Path) -> None:
    CountDelta.objects.create(counter="follower_count", subject_id=UserFactory.create().pk, delta=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [counts.FLUSH_LOCK])
        folding = threading.Thread(target=fold_and_disconnect)
        folding.start()
        folding.join(0.3)
        assert folding.is_alive()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [counts.FLUSH_LOCK])
    folding.join(10)
    assert not folding.is_alive()
    assert not CountDelta.objects.exists()


def fold_and_disconnect() -> None:
    try:
        fold_counts()
    finally:
        connection.close()


def test_changes_that_cancel_out_do_not_end_the_folding(settings: Settings) -> None:
    settings.COUNT_FLUSH_ROWS = 2
    user = UserFactory.create()
    for delta in (1, -1, 1):
        CountDelta.objects.create(counter="follower_count", subject_id=user.pk, delta=delta)
    fold_counts()
    user.refresh_from_db()
    assert user.follower_count == 1


def test_people_follow_and_counts_are_folded_while_graphs_are_loaded(tmp_path: Path) -> None:
    lines = [f"{a}\t{b}" for a in range(60) for b in range(60) if a != b]
    load_follow_graph(file_of(tmp_path, *lines[:600]))
    one, two = User.objects.get(username="n1"), User.objects.get(username="n2")
    is_over = threading.Event()

    def live() -> int:
        rounds = 0
        try:
            while not is_over.is_set():
                unfollow(follower=one, followee=two)
                follow(follower=one, followee=two)
                flush_counts()
                rounds += 1
        finally:
            connection.close()
        return rounds

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(live) for _ in range(3)]
        try:
            load_follow_graph(file_of(tmp_path, *lines))  # more than there are: indexes are made afterwards
            load_follow_graph(file_of(tmp_path, *lines[:900], "70\t1", "71\t2"))  # fewer
        finally:
            is_over.set()
        assert all(future.result() > 0 for future in running)
    fold_counts()
    assert counts.drift()[1] == []
    assert Follow.objects.count() == len(lines) + 2
