"""How late the stored counts are while something else goes on."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from django.db import connection

from dashboard.bench.home import percentiles

PAUSE_SECONDS = 0.1
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 60.0


class NeverCounted(RuntimeError):
    """A like was not in the stored count after PATIENCE_SECONDS: do the workers run?"""


class Lag:
    """From the commit of a like to the moment when the stored count has it. `with Lag(tweet_id, user_ids) as lag:`

    One of the users likes the tweet every PAUSE_SECONDS. Nobody else may, so that its count says which likes it holds.
    """

    def __init__(self, tweet_id: int, user_ids: Sequence[int]) -> None:
        self._tweet_id, self._user_ids = tweet_id, iter(user_ids)
        self._before = 0
        self._committed: list[float] = []
        self._lags_ms: list[float] = []
        self._over, self._thread = threading.Event(), threading.Thread(target=self._probe)

    def __enter__(self) -> "Lag":
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        """Waits until all are counted. Raises NeverCounted."""
        self._over.set()
        self._thread.join()
        if not raised[0] and (missing := len(self._committed) - len(self._lags_ms) or not self._committed):
            raise NeverCounted(f"{missing} of {len(self._committed)} likes are in no count.")

    def figures(self) -> dict[str, Any]:
        ascending = sorted(self._lags_ms)
        return {"times": len(ascending), **percentiles(ascending), "max": round(ascending[-1], 2)}

    def _probe(self) -> None:
        due = ended = time.perf_counter()
        try:
            self._before = self._count()
            while len(self._lags_ms) < len(self._committed) or not self._over.is_set():
                if not self._over.is_set():
                    ended = time.perf_counter()
                    if ended >= due and (user_id := next(self._user_ids, None)) is not None:
                        self._like(user_id)
                        due = ended + PAUSE_SECONDS
                elif time.perf_counter() - ended > PATIENCE_SECONDS:
                    return
                self._look()
                time.sleep(LOOK_SECONDS)
        finally:
            connection.close()

    def _like(self, user_id: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO likes (user_id, tweet_id) VALUES (%s, %s)", [user_id, self._tweet_id])
        self._committed.append(time.perf_counter())

    def _look(self) -> None:
        counted, now = self._count() - self._before, time.perf_counter()
        self._lags_ms += [1000 * (now - since) for since in self._committed[len(self._lags_ms) : counted]]

    def _count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT like_count FROM tweet_counts WHERE tweet_id = %s", [self._tweet_id])
            return int(cursor.fetchone()[0])
