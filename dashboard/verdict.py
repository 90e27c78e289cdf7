"""What an operator has to do something about, in words, the worst first."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from dashboard.board import Board
from dashboard.promises import Status
from dashboard.templatetags.figures import NO_DATA, age, percent, whole

WITHOUT = {
    "timelines": "Home is read from PostgreSQL, which is slower; nothing is lost. Start the timeline server: readers"
    " rebuild their timelines.",
    "cache": "Sessions are read from PostgreSQL, rate limits are not enforced, and this board has no measurements and"
    " hears of no process. Start the cache server.",
    "broker": "Posts are stored and wait in the outbox. Start the broker: the next sweep delivers them.",
}
FULL = 0.9
LONG_TRANSACTION_SECONDS = 300


@dataclass(frozen=True)
class Trouble:
    what: str
    remedy: str
    is_down: bool = False
    """Something does not run; otherwise it is late or too much."""
    command: str = ""
    """What mends it, when it is one command."""


def troubles(board: Board) -> list[Trouble]:
    found = [*_servers(board), *_processes(board), *_waiting(board), *_database(board), *_promises(board)]
    return sorted(found, key=lambda trouble: not trouble.is_down)


def _servers(board: Board) -> Iterator[Trouble]:
    for role, reading in board.servers.items():
        server = reading.value
        if server is None:
            name = "timeline server" if role == "timelines" else "cache server" if role == "cache" else "broker"
            yield Trouble(f"The {name} does not answer: {reading.trouble}.", WITHOUT[role], is_down=True)
        elif server.policy == "noeviction" and (server.fill or 0) > FULL:
            yield Trouble(f"The memory of {role} is {percent(server.fill)} full.", "Raise maxmemory before it is.")
    if board.recorded.value is None and board.servers["cache"].value is not None:
        yield Trouble(
            f"The measurements could not be read: {board.recorded.trouble}.", "Look at the cache server.", True
        )


def _processes(board: Board) -> Iterator[Trouble]:
    if board.servers["broker"].value is None:
        return  # workers and beat cannot reach it either, and the broker is what to mend
    for duty in board.duties:
        if duty.living:
            continue
        kind, _, queue = duty.name.partition(" ")
        heard = f"last heard of {age(min(p.age for p in duty.processes))} ago" if duty.processes else "never heard of"
        if kind == "beat":
            yield Trouble(
                f"Beat is not running ({heard}).",
                "Counts are not folded and the outbox is not swept. Start it, one only:",
                is_down=True,
                command="celery -A socialgraph beat",
            )
        else:
            yield Trouble(
                f"No worker takes from the queue “{queue}” ({heard}).",
                f"{_EFFECTS.get(queue, 'Its tasks wait.')} Start one:",
                is_down=True,
                command=f"celery -A socialgraph worker --queues {queue}",
            )


_EFFECTS = {
    "fanout": "Posts are stored and reach no follower's timeline until one is back.",
    "periodic": "Counts are not folded, and nothing is sampled for the charts.",
}


def _waiting(board: Board) -> Iterator[Trouble]:
    waiting, broker = board.waiting.value, board.servers["broker"].value
    late = settings.DASHBOARD_LATE_SECONDS
    if waiting and (waiting.oldest or 0) > late:
        yield Trouble(
            f"{whole(waiting.events)} events wait in the outbox, the oldest for {age(waiting.oldest)}.",
            "Followers see these posts late. More fan-out workers, or see what the running ones log.",
        )
    if waiting and waiting.failing:
        yield Trouble(
            f"{whole(waiting.failing)} events have failed and are tried again.",
            "The reason is in the column last_error of the table outbox.",
        )
    for queue in broker.queues if broker else ():
        if (queue.age or 0) > late:
            yield Trouble(
                f"The queue “{queue.name}” holds {whole(queue.depth)} tasks, the oldest for {age(queue.age)}.",
                "Its workers do not keep up, or do not run.",
            )


def _database(board: Board) -> Iterator[Trouble]:
    activity = board.activity.value
    if activity is None:
        yield Trouble(f"PostgreSQL's statistics could not be read: {board.activity.trouble}.", "Look at its log.")
        return
    if activity.connections > FULL * activity.connections_max:
        share = f"{activity.connections} of {activity.connections_max}"
        yield Trouble(f"{share} database connections are taken.", "Raise max_connections or run fewer processes.")
    if (activity.oldest_transaction or 0) > LONG_TRANSACTION_SECONDS:
        yield Trouble(
            f"A transaction has been open for {age(activity.oldest_transaction)}.",
            "It keeps dead rows from being removed. Find it in pg_stat_activity by xact_start.",
        )


def _promises(board: Board) -> Iterator[Trouble]:
    for row in board.promises:
        if row.status is Status.LATE:
            measured, number = (row.hour, row.of_hour) if row.now == NO_DATA else (row.now, row.of_now)
            answers = f" ({number} answers)" if number else ""
            yield Trouble(
                f"{row.name}: {measured}{answers}; promised is {row.target}.", "Its routes stand under Traffic."
            )


def summary(board: Board, found: list[Trouble]) -> tuple[str, str]:
    """(state: ok, late, down or none; one line)."""
    kept = sum(row.status is Status.OK for row in board.promises)
    unknown = sum(row.status in (Status.NO_DATA, Status.FEW) for row in board.promises)
    if found:
        number = "One thing needs" if len(found) == 1 else f"{len(found)} things need"
        return ("down" if found[0].is_down else "late"), f"{number} your attention."
    if not kept:
        return "none", "Everything runs, and nothing has been measured yet."
    rest = f", {unknown} without enough data yet" if unknown else ""
    return "ok", f"Everything runs, and all {kept} promises that were put to the test are kept{rest}."
