"""What Celery's processes report of themselves: workers, beat, runs of tasks, and when a message was queued.

A worker's sign of life comes from the loop that takes its tasks, every two seconds, so a worker that hangs or has lost
the broker falls silent too. Beat's comes with what it sends.
"""

import os
import socket
import time
from typing import TYPE_CHECKING, Any

from celery.signals import (
    after_task_publish,
    beat_init,
    before_task_publish,
    heartbeat_sent,
    task_failure,
    task_postrun,
    task_prerun,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)

from socialgraph import metrics

if TYPE_CHECKING:  # it brings all of the worker into every process
    from celery.worker.consumer import Consumer

QUEUED_AT = "queued_at"
"""The header of a message that says when it was sent, in seconds since 1970."""
_this_worker: dict[str, Any] = {}
_this_beat: list[str] = []
_started: dict[str, float] = {}


@worker_ready.connect
def introduce(sender: "Consumer", **_: Any) -> None:
    _this_worker["name"] = sender.hostname
    _this_worker["queues"] = sorted(sender.app.amqp.queues.consume_from)
    say_alive()


@heartbeat_sent.connect
def say_alive(**_: Any) -> None:
    if _this_worker:
        about = {"kind": "worker", "queues": _this_worker["queues"], "pid": os.getpid()}
        metrics.alive(f"worker {_this_worker['name']}", about)


@worker_shutdown.connect
def leave(**_: Any) -> None:
    if _this_worker:
        metrics.retired(f"worker {_this_worker['name']}")
        _this_worker.clear()


@worker_process_shutdown.connect
def hand_over(**_: Any) -> None:
    metrics.flush()


@beat_init.connect
def introduce_beat(**_: Any) -> None:
    _this_beat.append(f"beat {socket.gethostname()}")


@before_task_publish.connect
def stamp(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers[QUEUED_AT] = time.time()


@after_task_publish.connect
def beat_is_alive(**_: Any) -> None:
    if _this_beat:
        metrics.alive(_this_beat[0], {"kind": "beat", "pid": os.getpid()})


@task_prerun.connect
def begin(task_id: str, **_: Any) -> None:
    _started[task_id] = time.perf_counter()


@task_postrun.connect
def end(task_id: str, task: Any, **_: Any) -> None:
    if (started := _started.pop(task_id, None)) is not None:
        metrics.observe(("task", task.name), 1000 * (time.perf_counter() - started))


@task_failure.connect
def fail(sender: Any, **_: Any) -> None:
    metrics.count(("task_failed", sender.name))
