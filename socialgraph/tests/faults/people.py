"""People and programs in front of an installation over HTTP, who note every answer and how long it took."""

import http.client
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

PROMPT_SECONDS = 5.0
"""Nothing that a person or a program asks takes longer, whatever is broken."""
GIVE_UP_SECONDS = 20.0
PAUSE_SECONDS = 0.25  # between two posts of one author: the limit is 60 a minute
READ_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Answer:
    """What a request came to; `status` is 0 when the connection broke. Names of headers are in lower case."""

    path: str
    status: int
    headers: dict[str, str]
    body: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.status} {self.path} in {self.seconds:.1f} s: {self.body[:200]!r}"


@dataclass(frozen=True)
class Person:
    id: int
    username: str
    token: str


@dataclass
class Visitor:
    """A browser without JavaScript, or a program with a token."""

    base_url: str
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def send_form(self, path: str, **fields: str) -> Answer:
        csrf = self.cookies.get("csrftoken", "")
        body = urlencode({**fields, "csrfmiddlewaretoken": csrf})
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def send_json(self, path: str, content: dict[str, str], **headers: str) -> Answer:
        return self._ask("POST", path, json.dumps(content), {"Content-Type": "application/json", **headers})

    def log_in(self, username: str, password: str) -> Answer:
        self.get("/accounts/login/")
        return self.send_form("/accounts/login/", login=username, password=password)

    def _ask(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> Answer:
        sent = {"Connection": "close", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Token {self.token}"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=GIVE_UP_SECONDS)
        started = time.monotonic()
        try:
            connection.request(method, path, body.encode(), sent)
            response = connection.getresponse()
            content = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return Answer(path, 0, {}, repr(error), time.monotonic() - started)
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        received = {name.lower(): value for name, value in response.headers.items()}
        return Answer(path, response.status, received, content, time.monotonic() - started)


class Traffic:
    """Two authors post and a reader reads, each by a page and by the API at once, until the block ends."""

    def __init__(self, base_url: str, *, page_author: Visitor, api_author: Visitor, reader: Person) -> None:
        self.answers: list[Answer] = []
        self.acknowledged: list[str] = []
        """Texts whose author was told that they are posted."""
        self._sent: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._stop = threading.Event()
        reader_page, reader_api = Visitor(base_url), Visitor(base_url, token=reader.token)
        reader_page.cookies = page_author.cookies  # any session will do: a home is read either way
        self._parts: list[Callable[[], None]] = [
            lambda: self._post_by_page(page_author),
            lambda: self._post_by_api(api_author),
            lambda: self._read(reader_page, "/"),
            lambda: self._read(reader_api, f"/api/users/{reader.id}/timeline"),
        ]

    @contextmanager
    def flowing(self) -> Iterator[None]:
        threads = [threading.Thread(target=part, daemon=True) for part in self._parts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(GIVE_UP_SECONDS + 5)
        assert not any(thread.is_alive() for thread in threads)

    def since(self, start: int) -> list[Answer]:
        return self.answers[start:]

    def wait_for_answers(self, count: int, seconds: float = 60) -> None:
        """That many more, of anything."""
        wanted, deadline = len(self.answers) + count, time.monotonic() + seconds
        while len(self.answers) < wanted:
            assert time.monotonic() < deadline, f"{len(self.answers)} answers, {wanted} are wanted"
            time.sleep(0.05)

    def _post_by_page(self, author: Visitor) -> None:
        while not self._stop.is_set():
            text = self._text("page")
            answer = self._note(author.send_form("/compose/", text=text))
            if answer.status == 302 and "login" not in answer.headers["location"]:
                self.acknowledged.append(text)
            self._stop.wait(PAUSE_SECONDS)

    def _post_by_api(self, author: Visitor) -> None:
        """Repeats what was not acknowledged under the same Idempotency-Key, as a careful program does."""
        text = self._text("api")
        while not self._stop.is_set():
            answer = self._note(author.send_json("/api/tweets", {"text": text}, **{"Idempotency-Key": text}))
            if answer.status in (200, 201):
                self.acknowledged.append(text)
                text = self._text("api")
            self._stop.wait(PAUSE_SECONDS)

    def _read(self, visitor: Visitor, path: str) -> None:
        while not self._stop.is_set():
            self._note(visitor.get(path))
            self._stop.wait(READ_PAUSE_SECONDS)

    def _text(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def _note(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer


def slow(answers: Iterable[Answer]) -> list[str]:
    return [str(answer) for answer in answers if answer.seconds > PROMPT_SECONDS]


def refused(answers: Iterable[Answer]) -> list[str]:
    return [str(answer) for answer in answers if not 200 <= answer.status < 400]


def unclear(answers: Iterable[Answer]) -> list[str]:
    """Those that neither did what was asked nor say in words, and to programs in fields, that it must wait."""
    return [str(answer) for answer in answers if not 200 <= answer.status < 400 and not _is_clear(answer)]


def _is_clear(answer: Answer) -> bool:
    if answer.status != 503 or not 1 <= int(answer.headers.get("retry-after", 0)) <= 60:
        return False
    if "Traceback" in answer.body or "psycopg" in answer.body or "OperationalError" in answer.body:
        return False
    if answer.path.startswith("/api/"):
        problem = json.loads(answer.body)
        return answer.headers["content-type"] == "application/problem+json" and problem["status"] == 503
    return answer.headers["content-type"].startswith("text/html") and bool(re.search(r"<h1>[^<]+</h1>", answer.body))
