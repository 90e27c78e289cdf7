"""Which processes are at work, by the signs of life that they give (dashboard/receivers.py)."""

from dataclasses import dataclass

from django.conf import settings

from dashboard.servers import QUEUES
from socialgraph.metrics import Alive


@dataclass(frozen=True)
class Process:
    name: str
    age: float
    """Seconds since its last sign of life."""
    pid: int | None

    @property
    def is_alive(self) -> bool:
        return self.age <= settings.DASHBOARD_SILENT_SECONDS


@dataclass(frozen=True)
class Duty:
    """Something that at least one process must be doing."""

    name: str
    processes: list[Process]

    @property
    def living(self) -> int:
        return sum(process.is_alive for process in self.processes)


def duties(alive: list[Alive]) -> list[Duty]:
    """One for each queue, and beat. A silent process is shown for a minute, and for as long as nobody replaces it."""
    by_queue = [Duty(f"queue {queue}", _serving(alive, queue)) for queue in QUEUES]
    return [*by_queue, Duty("beat", _shown([one for one in alive if one.about.get("kind") == "beat"]))]


def _serving(alive: list[Alive], queue: str) -> list[Process]:
    return _shown([one for one in alive if queue in one.about.get("queues", [])])


def _shown(alive: list[Alive]) -> list[Process]:
    processes = [Process(one.name.partition(" ")[2], one.age, one.about.get("pid")) for one in alive]
    nobody_lives = not any(process.is_alive for process in processes)
    return [process for process in processes if nobody_lives or process.age < 60]
