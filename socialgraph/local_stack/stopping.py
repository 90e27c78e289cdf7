"""SIGTERM, SIGINT and SIGHUP as a request that is answered between two steps, for a process with things to stop."""

import signal
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked this process to end."""


class StopRequest:
    """Whoever waits asks check(), at least every half second.

    Raising right where the signal arrives would be simpler and lose some: Python drops what is raised inside certain
    callbacks of its own, such as those after a fork. And a second Ctrl-C must not cut the stopping short.
    """

    def __init__(self) -> None:
        self._arrived = False
        for number in SIGNALS:
            signal.signal(number, self._arrive)

    def check(self) -> None:
        if self._arrived:
            raise Stopped

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        self._arrived = True
