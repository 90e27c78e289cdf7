"""On a loaded database every read goes by its index; the check itself fails when one is missing."""

import pytest
from django.db import connection, transaction

from accounts.generating import generate_graph
from accounts.models import User
from dashboard.access_paths import PATHS, Sample, prepare
from dashboard.plans import AccessPath, check
from tweets.generating import generate_activity

USERS = 20_000


@pytest.mark.django_db(transaction=True)  # what loading indexes anew may not be used before the end of its transaction
def test_each_read_goes_by_its_index() -> None:
    """One test, since loading takes longer than all checks."""
    generate_graph(users=USERS, follows=20 * USERS, seed=1, star=True)
    generate_activity(tweets=2 * USERS, likes=5 * USERS, seed=1)
    sample = prepare()
    findings = {path.name: check(path, sample) for path in PATHS}
    assert {name: found.complaints for name, found in findings.items() if found.complaints} == {}
    assert len(findings) == len(PATHS)
    for name in ("followers", "a profile", "answers", "search, answers to somebody"):
        _a_missing_index_is_noticed(name, sample)
    _a_walk_from_end_to_end_is_noticed_also_inside_a_function(sample)
    _too_many_rows_are_noticed(sample)


def _a_missing_index_is_noticed(name: str, sample: Sample) -> None:
    [path] = [path for path in PATHS if path.name == name]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {path.index}")
        complaints = check(path, sample).complaints
        transaction.set_rollback(True)
    assert any(complaint.endswith(f"not {path.index}") for complaint in complaints), complaints


def _a_walk_from_end_to_end_is_noticed_also_inside_a_function(sample: Sample) -> None:
    def counted(sample: Sample) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_temp.how_many()")

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.how_many() RETURNS bigint LANGUAGE plpgsql AS"
            " 'BEGIN RETURN (SELECT count(*) FROM likes WHERE created_at IS NOT NULL); END'"
        )
        found = check(AccessPath("", counted, "likes_user", lambda sample: 10), sample)
        transaction.set_rollback(True)
    assert found.complaints == ["reads likes from end to end", "uses no index and not likes_user"]


def _too_many_rows_are_noticed(sample: Sample) -> None:
    def first_of_nobodys(sample: Sample) -> None:
        list(User.objects.filter(bio="nobody's").order_by("pk")[:1])

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = check(AccessPath("", first_of_nobodys, "users_pkey", lambda sample: 100), sample)
        transaction.set_rollback(True)
    assert found.complaints == [f"touches {USERS + 1} rows, more than 100"]
