"""What the caches hold, and how often it was there, as the product counts it for its operators."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.cached_db import KEY_PREFIX
from redis import Redis

from socialgraph import metrics
from socialgraph.redis import WORKER_TIMEOUT, connect
from socialgraph.windows import Window
from tweets.bodies import NEAREST


def kept() -> dict[str, Any]:
    """Of the last hour, or since the cache was emptied; entries and bytes are of now."""
    metrics.flush()
    recorded = metrics.read().hour
    cache = connect(settings.CACHE_URL, WORKER_TIMEOUT)
    lists = connect(settings.TIMELINES_URL, WORKER_TIMEOUT)
    kept_cards, sessions = (list(cache.scan_iter(f"*{name}*", count=1_000)) for name in ("card:", KEY_PREFIX))
    card_bytes = _bytes(cache, kept_cards)
    return {
        "cards in process": {
            **_counted(recorded, "process"),
            "entries": len(NEAREST),
            "bytes": round(len(NEAREST) * card_bytes / max(1, len(kept_cards))),  # about as long as in Redis
        },
        "cards in Redis": {**_counted(recorded, "cache"), "entries": len(kept_cards), "bytes": card_bytes},
        "sessions in Redis": {"entries": len(sessions), "bytes": _bytes(cache, sessions)},
        "timelines in Redis": {
            "built": recorded.count("built", "timeline"),
            "entries": lists.dbsize(),
            "bytes": _bytes(lists, list(lists.scan_iter("timeline:*", count=1_000))),
        },
    }


def _counted(recorded: Window, where: str) -> dict[str, int]:
    return {name: recorded.count("kept", "cards", where, name) for name in ("hit", "miss")}


def _bytes(server: "Redis", keys: list[bytes]) -> int:
    pipeline = server.pipeline(transaction=False)
    for key in keys:
        pipeline.memory_usage(key)
    return sum(found or 0 for found in pipeline.execute())
