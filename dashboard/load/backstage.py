"""The process behind the stage: `manage.py load_stage`, which makes people, checks what came of them, removes them.

It is a process of its own, since Locust changes Python's sockets and threads under whatever runs beside it.
"""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from dashboard.load.errors import Refused
from dashboard.load.instance import Instance
from socialgraph.local_stack.datadir import REPOSITORY


class Backstage:
    """Asked by a line of JSON, answers with one. When its input closes, whoever closes it, it removes what it made."""

    def __init__(self, instance: Instance, *, keeps: bool) -> None:
        options = ["--keep"] if keeps else []
        process = subprocess.Popen(
            [sys.executable, "manage.py", "load_stage", "--url", instance.url, *options],
            cwd=REPOSITORY,
            env=instance.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C ends the load; this one still cleans up
        )
        assert process.stdin is not None  # nosec B101 # for the type checker
        assert process.stdout is not None  # nosec B101 # for the type checker
        self._process, self._input, self._output = process, process.stdin, process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.close()
        self._process.wait()
        self._output.close()
        if kind is None and self._process.returncode:
            raise Refused("Not everything of the load test could be removed; it said why, above.")

    def ask(self, what: str, **details: Any) -> Any:
        """Raises Refused with its reason."""
        try:
            self._input.write(json.dumps({"do": what, **details}) + "\n")
            self._input.flush()
            answer = self._output.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise Refused("The process that makes people for the test ended; it said why, above.")
        found = json.loads(answer)
        if "refused" in found:
            raise Refused(found["refused"])
        return found["answer"]
