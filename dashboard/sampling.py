"""How high things stand at this moment, for the charts of the last hour. What does not answer is left out."""

from dashboard.database import read_waiting
from dashboard.readings import read_all
from dashboard.servers import ROLES, asks
from socialgraph import metrics


def take() -> dict[str, float]:
    """Raises RedisError when the sample cannot be kept."""
    heights: dict[str, float] = {}
    for role, reading in zip(ROLES, read_all(*asks()), strict=True):
        if server := reading.value:
            heights[f"memory {role}"] = server.memory
            if role == "broker":
                heights["queued"] = sum(queue.depth for queue in server.queues)
    if waiting := read_waiting().value:
        heights["backlog"] = waiting.events
        heights["backlog age"] = waiting.oldest or 0.0
    metrics.sample(heights)
    return heights
