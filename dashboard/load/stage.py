"""What happens before and after the load: people and posts are made, what came of them is checked, all is removed."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts.models import User
from dashboard.bench import data
from dashboard.load import integrity, people, scenes
from dashboard.load.errors import Refused
from dashboard.load.scenes import NEIGHBOURS, Cast
from socialgraph.bulk import analyze
from socialgraph.throttles import is_counted
from tweets.models import Tweet

LOCK = 0x50C1A7  # the advisory lock of the one load test
AUTHORS, POSTS_EACH = 40, 25
FOLLOWED = 20
"""Authors whom everybody follows."""
HASHES = 5
ANSWER_SECONDS = 10


class Stage:
    """`do_…` answer the questions of `Backstage`, in JSON."""

    def __init__(self, url: str) -> None:
        self._began = time.time()
        self._run = people.new_run()
        self._sessions: list[str] = []
        self._cast = Cast(self._run, url)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            self._is_alone: bool = cursor.fetchone()[0]

    def do_prepare(self, count: int) -> dict[str, Any]:
        """Raises Refused where figures would be wrong."""
        if not self._is_alone:
            raise Refused("Another load test runs on this instance: wait for its end.")
        authors = people.make(self._run, 0, AUTHORS)
        crowd = people.make(self._run, AUTHORS, max(count, NEIGHBOURS + 1))
        self._cast.next_number = AUTHORS + len(crowd)
        data.posts(authors, POSTS_EACH)
        people.follow(
            (follower, authors[(place + n) % AUTHORS]) for place, follower in enumerate(crowd) for n in range(FOLLOWED)
        )
        people.follow(
            (follower, crowd[(place + 1 + n) % len(crowd)])
            for place, follower in enumerate(crowd)
            for n in range(NEIGHBOURS)
        )
        with connection.cursor() as cursor:
            analyze(cursor, "users", "follows", "tweets")  # or the first plans are those for what was there before
        users = User.objects.in_bulk(crowd)
        self._cast.authors = list(User.objects.filter(pk__in=authors).order_by("pk"))
        self._cast.tweets = list(Tweet.objects.filter(author__in=authors).order_by("pk").values_list("pk", flat=True))
        self._cast.accounts = [
            people.account(users[user_id], uses_pages=place % 2 == 0) for place, user_id in enumerate(crowd)
        ]
        self._sessions = [each["session"] for each in self._cast.accounts if "session" in each]
        self._must_be_ours_and_unthrottled()
        integrity.wait_until_folded([*authors, *crowd, *self._cast.tweets])
        earlier = len(people.of_all_runs()) - AUTHORS - len(crowd)
        return {"people": len(crowd), "authors": AUTHORS, "posts": len(self._cast.tweets), "left_by_others": earlier}

    def do_scene(self, name: str, sizes: dict[str, Any]) -> dict[str, Any]:
        """What Locust needs for it."""
        return scenes.SCENES[name].prepare(self._cast, sizes)

    def do_check(self, name: str, sizes: dict[str, Any], done: dict[str, int], exact: bool) -> list[list[Any]]:
        """(what, expected, found) each. Without `exact`, as where somebody chose on Locust's page how many come, only
        what was answered with a success is expected."""
        return scenes.SCENES[name].check(self._cast, sizes, Counter(done), exact)

    def do_whole(self, sample: int) -> list[list[Any]]:
        """The same for the whole database."""
        return integrity.whole(sample, [each["id"] for each in self._cast.accounts])

    def do_hash(self) -> float:
        """Milliseconds of one password hash, the fastest of some, while nothing else runs."""
        took = []
        for _ in range(HASHES):
            began = time.perf_counter()
            make_password("the cost of a hash")
            took.append(1000 * (time.perf_counter() - began))
        return min(took)

    def do_clean(self) -> int:
        """Erases the people of earlier runs, and says how many there were."""
        if not self._is_alone:
            raise Refused("A load test runs on this instance: its people are in use.")
        ids = people.of_all_runs()
        people.remove_followers(ids)
        if left := people.erase(ids):
            raise Refused(f"{left} accounts could not be erased: is a worker running?")
        return len(ids)

    def remove(self) -> int:
        """How many accounts are left."""
        people.end_sessions(self._sessions)
        people.remove_followers(self._cast.followers)
        left = people.erase(people.of_run(self._run))
        people.remove_mail(self._began)
        return left

    def _must_be_ours_and_unthrottled(self) -> None:
        program = next(each for each in self._cast.accounts if "token" in each)
        person = next(each for each in self._cast.accounts if "session" in each)
        url = self._cast.url
        page = _read(f"{url}/api/users/{program['id']}", Authorization=f"Token {program['token']}")
        if json.loads(page or "{}").get("username") != program["name"]:
            raise Refused(f"{url} does not work on this database: the two belong to different instances.")
        if f'href="/{person["name"]}/"' not in _read(f"{url}/", Cookie=f"sessionid={person['session']}"):
            raise Refused(f"{url} has another SECRET_KEY than this environment, and takes no session made here.")
        if is_counted("user", program["id"]):
            raise Refused(
                f"{url} throttles its callers, so a load test would measure refusals."
                " Start it for this with THROTTLES=off scripts/up."
            )


def _read(address: str, **headers: str) -> str:
    """The body of the answer; nothing when it is an error."""
    asked = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:  # nosec B310 # http(s), as the driver saw to
            text: str = answer.read().decode()
            return text
    except urllib.error.HTTPError:
        return ""
