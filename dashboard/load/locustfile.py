"""What Locust runs, one class for each scenario: each of its users is one person of the plan in LOAD_PLAN.

Started by `dashboard.load.swarm` with the name of one class.
"""

import json
import random
import re
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import gevent
from gevent.event import Event

from dashboard.load.person import JSON, Person, counts, crowd, needs
from dashboard.load.scenarios import READS_TO_A_WRITE

CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
A_CARD = b'<article class="card"'


class Burst(Person):
    """Half of them have opened the form before; the others are programs. Some more follow, one after the other."""

    through = 0

    def prepare(self) -> None:
        self.opens_form = int(self.who["name"].rpartition("_")[2]) % 2 == 0
        if self.opens_form:
            page = self.ask("the form", "GET", "/accounts/signup/") or b""
            found = CSRF.search(page)
            self.who["csrf"] = found[1].decode() if found else ""

    def act(self) -> None:
        if self.opens_form:
            self.fill_in_the_form()
        else:
            self.call("sign-up, API", self.who)
        Burst.through += 1
        if Burst.through == crowd.done["entered"]:
            for who in crowd.plan["alone"]:
                self.call("sign-up, alone", who)

    def fill_in_the_form(self) -> None:
        name = self.who["name"]
        sent = {"username": name, "email": self.who["email"], "password1": self.who["password"]}
        if self.send_form("sign-up, form", "/accounts/signup/", **sent):
            # The session is in the browser's cookies now: home is this person's own.
            page = self.ask("first page", "GET", "/", check=needs(f'href="/{name}/"'.encode()))
            crowd.done["sign-up"] += page is not None

    def call(self, kind: str, who: dict[str, Any]) -> None:
        body = json.dumps({"username": who["name"], "email": who["email"], "password": who["password"]})
        came = self.ask(kind, "POST", "/api/users", body, headers=JSON, expected=201)
        crowd.done["sign-up"] += came is not None


class Viral(Person):
    def act(self) -> None:
        due, tweet_id = self.wait_until(self.who["due"]), crowd.plan["tweet"]
        if self.uses_pages:
            liked = self.send_form("like, page", f"/tweets/{tweet_id}/like/", due=due)
        else:
            path = f"/api/tweets/{tweet_id}/like"
            liked = self.ask("like, API", "POST", path, due=due, check=needs(b'"changed":true')) is not None
        crowd.done["like"] += liked


class Celebrity(Person):
    def act(self) -> None:
        if self.uses_pages:
            followed = self.send_form("follow, page", f"/{crowd.plan['celebrity_name']}/follow/")
        else:
            path = f"/api/users/{crowd.plan['celebrity']}/follow"
            followed = self.ask("follow, API", "POST", path, check=needs(b'"changed":true')) is not None
        crowd.done["follow"] += followed


class Stampede(Person):
    """The first read finds no timeline, the second one the timeline that the first has built."""

    waiting = 0
    second_time = Event()

    def act(self) -> None:
        self.read("home, cold")
        Stampede.waiting += 1
        if Stampede.waiting == crowd.done["entered"]:
            Stampede.second_time.set()
        Stampede.second_time.wait()
        self.read("home, warm")

    def read(self, kind: str) -> None:
        page = _read_home(self, kind, crowd.plan["posts"])
        crowd.done["page"] += page is not None


class Bookmarks(Person):
    def act(self) -> None:
        if "jobs" in self.who:
            for second, tweet_id, adds in self.who["jobs"]:
                self.bookmark(self.wait_until(second), tweet_id, adds)
        else:
            second = self.who["reads_from"]
            while second < crowd.plan["seconds"]:
                self.read(self.wait_until(second))
                second += 1.0

    def bookmark(self, due: float, tweet_id: int, adds: bool) -> None:
        if self.uses_pages:
            verb = "bookmark" if adds else "unbookmark"
            answered = self.send_form(f"{verb}, page", f"/tweets/{tweet_id}/{verb}/", due=due)
        else:
            method, kind = ("POST", "bookmark, API") if adds else ("DELETE", "unbookmark, API")
            path = f"/api/tweets/{tweet_id}/bookmark"
            answered = self.ask(kind, method, path, due=due, check=needs(b'"changed":true')) is not None
        crowd.done["operation"] += answered

    def read(self, due: float) -> None:
        if self.uses_pages:
            self.ask("list, page", "GET", "/bookmarks/", due=due, check=needs(A_CARD))
        else:
            self.ask("list, API", "GET", "/api/bookmarks?limit=20", due=due, check=needs(b'"bookmarked":true'))


class Mix(Person):
    """Everybody draws from one shuffled pack of 65 reads and a write, so that the ratio does not depend on luck."""

    READS = ("home",) * 12 + ("tweet",) * 3 + ("profile",) * 3 + ("person",) * 3 + ("search",) * 2 + ("bookmarks",) * 2
    WRITES = ("post", "like", "follow")
    WORDS = ("post", "words", "people write")
    pack: list[str] = []  # of the whole crowd
    packs = 0

    def act(self) -> None:
        everybody = crowd.plan["everybody"]
        self.place = next(n for n, (user_id, _) in enumerate(everybody) if user_id == self.who["id"])
        self.steps = {"like": 0, "follow": 0}
        self.random = random.Random(self.who["id"])
        while True:
            gevent.sleep(self.random.uniform(0.0, 2.0) * crowd.plan["think"])
            if time.perf_counter() > crowd.began + crowd.plan["seconds"]:
                return
            getattr(self, self.draw())()

    def draw(self) -> str:
        if not Mix.pack:
            write = self.WRITES[Mix.packs % len(self.WRITES)]
            Mix.pack = [*random.choices(self.READS, k=READS_TO_A_WRITE), write]
            Mix.packs += 1
            random.shuffle(Mix.pack)
        return Mix.pack.pop()

    def home(self) -> None:
        _read_home(self, "home, page" if self.uses_pages else "home, API")

    def tweet(self) -> None:
        tweet_id = self.random.choice(crowd.plan["tweets"])
        self.look("post", f"/tweets/{tweet_id}/", f"/api/tweets/{tweet_id}")

    def profile(self) -> None:
        user_id, name = self.random.choice(crowd.plan["everybody"])
        self.look("profile", f"/{name}/", f"/api/users/{user_id}/tweets")

    def person(self) -> None:
        _, name = self.random.choice(crowd.plan["everybody"])
        self.look("followers", f"/{name}/followers/", f"/api/users/{name}", api="look-up")

    def search(self) -> None:
        asked = urlencode({"q": self.random.choice(self.WORDS)})
        self.look("search", f"/search/?{asked}", f"/api/search?{asked}")

    def bookmarks(self) -> None:
        self.look("bookmarks", "/bookmarks/", "/api/bookmarks")

    def look(self, kind: str, page: str, address: str, api: str = "") -> None:
        self.ask(*(f"{kind}, page", "GET", page) if self.uses_pages else (f"{api or kind}, API", "GET", address))

    def post(self) -> None:
        text, key = f"Something that {self.who['name']} wanted to say.", uuid.uuid4().hex
        if self.uses_pages:
            posted = self.send_form("posting, page", "/compose/", text=text, key=key, next="/")
        else:
            told = {**JSON, "Idempotency-Key": key}
            body = json.dumps({"text": text})
            posted = self.ask("posting, API", "POST", "/api/tweets", body, headers=told, expected=201) is not None
        crowd.done["post"] += posted

    def like(self) -> None:
        """Another post each time, as long as there are any."""
        tweets = crowd.plan["tweets"]
        tweet_id, is_new = tweets[(self.place + self.steps["like"]) % len(tweets)], self.steps["like"] < len(tweets)
        self.steps["like"] += 1
        if self.uses_pages:
            liked = self.send_form("like, page", f"/tweets/{tweet_id}/like/")
        else:
            liked = self.ask("like, API", "POST", f"/api/tweets/{tweet_id}/like") is not None
        crowd.done["like"] += liked and is_new

    def follow(self) -> None:
        """Somebody not followed yet, as long as there is anybody: those next to oneself were followed before."""
        everybody, away = crowd.plan["everybody"], 1 + crowd.plan["neighbours"] + self.steps["follow"]
        if away >= len(everybody):
            self.home()
            return
        self.steps["follow"] += 1
        user_id, name = everybody[(self.place + away) % len(everybody)]
        if self.uses_pages:
            followed = self.send_form("follow, page", f"/{name}/follow/")
        else:
            followed = self.ask("follow, API", "POST", f"/api/users/{user_id}/follow") is not None
        crowd.done["follow"] += followed


def _read_home(person: Person, kind: str, posts: int | None = None) -> bytes | None:
    """A page of 50; `posts` is how many must be on it."""
    if person.uses_pages:
        return person.ask(kind, "GET", "/?limit=50", check=counts(A_CARD, posts))
    path = f"/api/users/{person.who['id']}/timeline?limit=50"
    return person.ask(kind, "GET", path, check=counts(b'"retweet_count":', posts))
