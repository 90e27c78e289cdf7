"""What a process keeps of what was asked for last."""

from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Nearest(Generic[K, V]):
    """A bounded map, safe between threads: the last `size` values that were put or found, and up to as many others.

    Two halves: when the new one is full it becomes the old one, and what the old one held before is gone.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        """Nothing is kept with 0."""
        self._new: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._turn = Lock()

    def __len__(self) -> int:
        return len(self._new) + len(self._old)

    def clear(self) -> None:
        with self._turn:
            self._new, self._old = {}, {}

    def get(self, key: K) -> V | None:
        found = self._new.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        if not self.size:
            return
        if len(self._new) >= self.size:
            with self._turn:
                if len(self._new) >= self.size:
                    self._old, self._new = self._new, {}
        self._new[key] = value
