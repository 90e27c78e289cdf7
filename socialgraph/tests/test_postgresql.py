"""The connections to PostgreSQL: noticed when they are gone, not asked while they stand, statements planned once."""

import psycopg
import pytest
from django.db import DataError, connection, transaction

pytestmark = pytest.mark.django_db(transaction=True)


def another() -> psycopg.Connection:
    return psycopg.connect(**connection.get_connection_params(), autocommit=True)


def own_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_that_stands_is_not_asked() -> None:
    connection.is_usable()
    pid = own_id()
    assert connection.is_usable()
    with another() as other:
        row = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    assert row == ("SELECT pg_backend_pid()",)


def test_a_connection_that_did_nothing_for_a_while_is_asked() -> None:
    connection.is_usable()
    pid = own_id()
    connection.last_looked_at -= 6  # type: ignore[attr-defined]  # of our backend
    assert connection.is_usable()
    with another() as other:
        row = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    assert row == ("SELECT 1",)


def test_a_connection_that_the_server_ended_is_made_anew() -> None:
    pid = own_id()
    with another() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not connection.is_usable()
    connection.health_check_enabled = True  # type: ignore[attr-defined]  # as a request begins
    connection.health_check_done = False  # type: ignore[attr-defined]
    assert own_id() != pid


def test_after_an_error_the_server_is_asked() -> None:
    pid = own_id()
    connection.errors_occurred = True
    assert connection.is_usable()
    connection.errors_occurred = False
    with another() as other:
        row = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    assert row == ("SELECT 1",)


def test_what_is_asked_often_is_planned_once() -> None:
    with connection.cursor() as cursor:
        for number in range(20):
            cursor.execute("SELECT id FROM users WHERE id = %s", [2**40 + number])
        prepared = "SELECT generic_plans > 0 FROM pg_prepared_statements WHERE statement LIKE 'SELECT id FROM users %'"
        cursor.execute(prepared)
        assert cursor.fetchall() == [(True,)]


def test_a_connection_in_a_broken_transaction_is_of_no_use() -> None:
    with transaction.atomic():
        with pytest.raises(DataError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert not connection.is_usable()
        transaction.set_rollback(True)
