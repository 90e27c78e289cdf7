"""What operators type and what they read: last lines, exit codes, nothing half done."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Celebrity, Follow, User
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def lines(*command: object) -> list[str]:
    """What the command printed, progress apart."""
    output = StringIO()
    call_command(*map(str, command), stdout=output)
    return output.getvalue().splitlines()


def graph(directory: Path, *edges: str) -> Path:
    path = directory / "graph.tsv"
    path.write_text("".join(f"{edge}\n" for edge in edges))
    return path


def test_loading_ends_with_a_summary(tmp_path: Path) -> None:
    [line] = lines("load_follow_graph", graph(tmp_path, "1\t2", "3\t2", "3\t2"))
    assert re.fullmatch(
        r"accounts=3 follows=2 repeated=1 new_accounts=3 new_follows=2 seconds=\d+\.\d\d per_second=\d+", line
    )


def test_a_bad_graph_is_named_with_its_line(tmp_path: Path) -> None:
    path = graph(tmp_path, "1\t2", "x\t2")
    with pytest.raises(CommandError, match=rf"Nothing was written\. {path}: line 2: 'x' is not a number"):
        lines("load_follow_graph", path)
    with pytest.raises(CommandError, match=r"Nothing was written\. .*No such file"):
        lines("load_follow_graph", tmp_path / "missing.tsv")
    assert not User.objects.exists()


def test_generating_ends_with_a_summary() -> None:
    [line] = lines("generate_graph", "--users", 10, "--follows", 20, "--seed", 1)
    assert re.fullmatch(r"accounts=10 named=g1_0… follows=20 celebrities=0 seconds=\d+\.\d\d per_second=\d+", line)
    with pytest.raises(CommandError, match=r"Nothing was written: 2 users have room for 0 to 2 follows\."):
        lines("generate_graph", "--users", 2, "--follows", 3, "--seed", 1)
    assert Follow.objects.count() == 20


def test_celebrities_follow_a_changed_threshold(tmp_path: Path, settings: Settings) -> None:
    lines("load_follow_graph", graph(tmp_path, "1\t9", "2\t9", "3\t9", "1\t8", "2\t8"))
    settings.CELEBRITY_FOLLOWER_COUNT = 2
    assert lines("flag_celebrities") == ["threshold=2 celebrities=2 became=2 leaving=0"]
    assert lines("flag_celebrities") == ["threshold=2 celebrities=2 became=0 leaving=0"]
    settings.CELEBRITY_FOLLOWER_COUNT = 3
    assert lines("flag_celebrities") == ["threshold=3 celebrities=1 became=0 leaving=1"]
    assert User.objects.get(username="n9").celebrity == Celebrity.YES
    assert User.objects.get(username="n8").celebrity == Celebrity.LEAVING


def test_celebrities_are_flagged_by_what_the_ledger_still_holds(settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 2
    ada, *fans = UserFactory.create_batch(3)
    Follow.objects.bulk_create([Follow(follower=fan, followee=ada) for fan in fans])
    assert lines("flag_celebrities") == ["threshold=2 celebrities=1 became=1 leaving=0"]


def test_right_counts_are_reconciled(tmp_path: Path) -> None:
    lines("load_follow_graph", graph(tmp_path, "1\t2", "3\t2"))
    assert lines("reconcile_counts") == ["checked=9 drift=0"]  # three counts of each of three users


def test_wrong_counts_are_shown_and_with_fix_corrected(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 2
    lines("load_follow_graph", graph(tmp_path, "1\t2", "3\t2"))
    User.objects.filter(username="n2").update(follower_count=1, celebrity=Celebrity.NO)
    wrong = User.objects.get(username="n2")
    with pytest.raises(SystemExit) as end:
        call_command("reconcile_counts")
    assert end.value.code == 1
    difference = f"follower_count of {wrong.pk}: 1, should be 2"
    assert capsys.readouterr().out.splitlines() == [difference, "checked=9 drift=1"]
    assert lines("reconcile_counts", "--fix") == [difference, "checked=9 drift=0"]
    wrong.refresh_from_db()
    assert (wrong.follower_count, wrong.celebrity) == (2, Celebrity.YES)


def test_counts_that_cannot_be_corrected_stay_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines("load_follow_graph", graph(tmp_path, *(f"{n}\t99" for n in range(30))))
    User.objects.exclude(username="n99").update(following_count=7)
    monkeypatch.setattr("socialgraph.counts.repair", lambda wrong: None)
    with pytest.raises(SystemExit):
        call_command("reconcile_counts", fix=True)
    printed = capsys.readouterr().out.splitlines()
    assert printed[20] == "and 10 more"
    assert printed[-1] == "checked=93 drift=30"
