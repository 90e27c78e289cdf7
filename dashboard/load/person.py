"""Somebody in front of the instance: with a browser's session, with a program's token, or not known to it yet.

Importing Locust makes sockets and threads of the whole process cooperative, so nothing of the product is imported here.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser

from dashboard.load.crowd import Crowd

crowd = Crowd(json.loads(Path(os.environ["LOAD_PLAN"]).read_text()))
events.spawning_complete.add_listener(crowd.expect_no_more)
events.quitting.add_listener(crowd.save)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
Check = Callable[[bytes], str]
"""What is wrong with the body of an answer; nothing when it is right."""


class Person(FastHttpUser):
    abstract = True
    network_timeout = connection_timeout = 120.0  # seconds; who gets no answer by then counts as an error

    def on_start(self) -> None:
        who = crowd.enter()
        if who is None:  # more users than the plan has people
            raise StopUser
        self.who: dict[str, Any] = who
        self.prepare()
        crowd.wait_for_the_others()

    @task
    def take_part(self) -> None:
        try:
            self.act()
        finally:
            crowd.leave(self.environment)
        raise StopUser

    def prepare(self) -> None:
        """What belongs to nobody's figures."""

    def act(self) -> None:
        raise NotImplementedError

    @property
    def uses_pages(self) -> bool:
        return "session" in self.who

    def wait_until(self, second: float) -> float:
        """Of the run; returns that moment, from which latencies count: who comes late cannot look quick."""
        due = crowd.began + second
        gevent.sleep(max(0.0, due - time.perf_counter()))
        return due

    def ask(
        self,
        kind: str,
        method: str,
        path: str,
        body: str = "",
        *,
        headers: dict[str, str] | None = None,
        expected: int = 200,
        due: float | None = None,
        check: Check | None = None,
    ) -> bytes | None:
        """The body of the answer, or None when it is not what was expected."""
        began = due or time.perf_counter()
        own = {**self._credentials(), **(headers or {})}
        with self.client.request(
            method, path, name=kind, data=body, headers=own, allow_redirects=False, catch_response=True
        ) as response:
            content: bytes = response.content or b""
            wrong = f"answered {response.status_code}" if response.status_code else f"no answer: {response.error!r}"
            if response.status_code == expected:
                wrong = check(content) if check else ""
            took = 1000 * (time.perf_counter() - began)
            if wrong:
                response.failure(wrong)
            else:
                response.success()
        crowd.note(kind, took, wrong)
        return None if wrong else content

    def send_form(self, kind: str, path: str, *, expected: int = 302, due: float | None = None, **fields: str) -> bool:
        """As a browser sends it; it is led on to another page by the answer."""
        body = urlencode({"csrfmiddlewaretoken": self.who["csrf"], **fields})
        return self.ask(kind, "POST", path, body, headers=FORM, expected=expected, due=due) is not None

    def _credentials(self) -> dict[str, str]:
        if "token" in self.who:
            return {"Authorization": f"Token {self.who['token']}"}
        if "session" in self.who:
            return {"Cookie": f"sessionid={self.who['session']}; csrftoken={self.who['csrf']}"}
        return {}


def needs(words: bytes) -> Check:
    return lambda content: "" if words in content else f"answered without {words.decode()!r}"


def counts(words: bytes, expected: int | None) -> Check:
    """So many of them, or at least one."""
    if expected is None:
        return needs(words)
    return lambda content: "" if (n := content.count(words)) == expected else f"answered with {n} posts of {expected}"
