"""What somebody may not see is in no answer of this site: every address, for everybody who is kept out.

The table names every address of the URL conf; one that is missing fails `test_the_table_is_whole`. To add one, write
its row: the queries to try, and whether an approved follower finds the posts there, which shows that the row looks at
the right place. Parameters are filled by their names, see `World.values`.

Before anybody is kept out, all of them read, liked, kept, answered, quoted and retweeted: what is left of that must
not tell either.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from accounts import services as accounts
from accounts.models import User
from socialgraph import events
from timelines.tests.site import HTMX, Response, card_ids, html, logged_in, person, post
from tweets import services as tweets
from tweets.models import Bookmark, BookmarkFolder, Draft, Like, Media, Report, Tweet
from tweets.tests.images import waiting

pytestmark = pytest.mark.django_db

SECRET = "jerboa"
"""In each text and description of the author's, and in nothing that anybody asks for."""
FILE = "media/5e/c2e7" + "0" * 58 + ".webp"
ALLOWED = re.compile(
    r'in reply to <a href="/tweets/\d+/">a post</a>|"(reply_to|quote_of|parent_id)":"\d+"'
    r'|\{"id":"\d+","parent_id":"\d+","depth":\d+,"placeholder":"hidden"'
)
"""What others say about a post that one may not see is theirs: that it answers or quotes one, and in a thread the place
above an answer. Its number is all that shows."""
NEVER = 77
"""An id that no tweet has ever had."""


@dataclass(frozen=True)
class Row:
    queries: tuple[str, ...] = ("",)
    shows: bool = False
    """Whether an approved follower finds the posts here."""


def shows(*queries: str) -> Row:
    return Row(queries or ("",), shows=True)


QUIET = Row()
TABLE = {
    "": shows(),
    "timeline/new": Row(("?since=0", "?since=1")),
    "tags/<hashtag>/": shows(),
    "bookmarks/": shows("", "?q=quokka", "?q=numbat"),
    "bookmarks/folders/": QUIET,
    "bookmarks/folders/<folder_id>/": QUIET,
    "bookmarks/folders/<folder_id>/delete/": QUIET,
    "bookmarks/restore/": QUIET,
    "search/": shows(
        *(
            "?q=quokka",
            "?q=quokka&sort=top",
            "?q=quokka&top=1",
            "?q=%23wombat",
            "?q=from:keeper",
            "?q=quokka has:media",
        ),
        *("?q=%22quokka one%22", "?q=to:other", "?q=to:friend quokka", "?q=%40viewer", "?q=bilby", "?q=numbat"),
        *("?q=quokka&tab=people", "?q=keeper&tab=people"),
    ),
    "search/suggest": Row(("?q=quokka", "?q=kee", "?q=%23wom")),
    "compose/": QUIET,
    "drafts/": QUIET,
    "drafts/<draft_id>/": QUIET,
    "drafts/<draft_id>/undo/": QUIET,
    "drafts/<draft_id>/post/": QUIET,
    "drafts/<draft_id>/discard/": QUIET,
    "tweets/<tweet_id>/": shows(),
    "tweets/<tweet_id>/reply/": QUIET,
    "tweets/<tweet_id>/menu/": shows(),
    "tweets/<tweet_id>/retweet/": shows(),
    "tweets/<tweet_id>/unretweet/": QUIET,
    "tweets/<tweet_id>/quote/": QUIET,
    "tweets/<tweet_id>/quotes/": shows(),
    "tweets/<tweet_id>/retweets/": QUIET,
    "tweets/<tweet_id>/delete/": QUIET,
    "tweets/<tweet_id>/edit/": QUIET,
    "tweets/<tweet_id>/history/": shows(),
    "tweets/<tweet_id>/like/": QUIET,
    "tweets/<tweet_id>/unlike/": QUIET,
    "tweets/<tweet_id>/bookmark/": QUIET,
    "tweets/<tweet_id>/unbookmark/": QUIET,
    "tweets/<tweet_id>/bookmark/folder/": QUIET,
    "tweets/<tweet_id>/report/": shows(),
    "<username>/": shows(),
    "<username>/replies/": shows(),
    "<username>/likes/": QUIET,
    "<username>/followers/": QUIET,
    "<username>/following/": QUIET,
    "<username>/report/": QUIET,
    **{
        f"<username>/{name}/": QUIET
        for name in ("follow", "unfollow", "approve", "reject", "remove", "block", "unblock", "mute", "unmute")
    },
    "people/": Row(("?q=keeper",)),
    "requests/": QUIET,
    "requests/sent/": QUIET,
    **{f"accounts/{name}/": QUIET for name in ("privacy", "blocked", "muted", "words", "profile", "posting", "leave")},
    "accounts/words/<word_id>/remove/": QUIET,
    "api/users": Row(("?q=keeper",)),
    "api/users/<who>": QUIET,
    "api/users/<user_id>/timeline": shows(),
    "api/users/<user_id>/tweets": shows(),
    **{f"api/users/<user_id>/{name}": QUIET for name in ("follow", "follower", "block", "mute", "relationship")},
    "api/follow_requests": QUIET,
    "api/follow_requests/sent": QUIET,
    "api/follow_requests/<user_id>/approve": QUIET,
    "api/follow_requests/<user_id>/reject": QUIET,
    "api/blocks": QUIET,
    "api/mutes": QUIET,
    "api/muted_words": QUIET,
    "api/muted_words/<word_id>": QUIET,
    "api/media": QUIET,
    "api/media/<media_id>": QUIET,
    "api/tweets": QUIET,
    "api/tweets/<tweet_id>": shows(),
    "api/tweets/<tweet_id>/replies": shows(),
    "api/tweets/<tweet_id>/conversation": shows(),
    "api/tweets/<tweet_id>/quotes": shows(),
    "api/tweets/<tweet_id>/history": shows(),
    "api/tweets/<tweet_id>/like": QUIET,
    "api/tweets/<tweet_id>/retweet": QUIET,
    "api/tweets/<tweet_id>/bookmark": QUIET,
    "api/bookmarks": shows(),
    "api/bookmark_folders": QUIET,
    "api/bookmark_folders/<folder_id>": QUIET,
    "api/reports": QUIET,
    "api/search": shows(
        "?q=quokka", "?q=from:keeper", "?q=bilby", "?q=numbat", "?q=quokka&order=top", "?q=keeper&type=users"
    ),
    "api/": QUIET,
}
ELSEWHERE = {
    "admin/": "for staff, who see everything",
    "dashboard/": "for staff, and about no post",
    "media/<name>": "a file by the hash of its content, a name that nobody can guess",
    **dict.fromkeys(("health", "livez", "readyz"), "says whether the servers run"),
    **dict.fromkeys(("robots.txt", "favicon.ico"), "the same for everybody"),
    **{
        f"accounts/{path}": "one's own log-in"
        for path in (
            *("", "signup/", "login/", "logout/", "inactive/", "email/", "email/confirm/<key>/", "password/"),
            *("password/set/", "password/reset/", "password/reset/sent/", "password/reset/done/"),
            "password/reset/<uidb36>-<key>/",
        )
    },
}


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every address with <names> of its parameters; what is for staff by its beginning alone."""
    for pattern in (resolver or get_resolver()).url_patterns:
        own = str(pattern.pattern)
        is_regex = isinstance(pattern.pattern, RegexPattern)
        route = prefix + (simplify_regex(own).removeprefix("/") if is_regex else re.sub(r"<\w+:", "<", own))
        if isinstance(pattern, URLPattern) or route in ELSEWHERE:
            yield route
        else:
            yield from routes(pattern, route)


def test_the_table_is_whole() -> None:
    assert {route for route in routes() if route not in TABLE and route not in ELSEWHERE} == set(), "lacks a row"
    assert (TABLE.keys() | ELSEWHERE.keys()) - set(routes()) == set(), "is no address any more"


@dataclass
class World:
    """What the author posted, and what others did with it while everybody could read it."""

    author: User = field(default_factory=lambda: person("keeper", display_name="Keeper"))
    viewer: User = field(default_factory=lambda: person("viewer"))
    other: User = field(default_factory=lambda: person("other"))
    friend: User = field(default_factory=lambda: person("friend"))

    def __post_init__(self) -> None:
        for reader in (self.viewer, self.friend, self.other):
            accounts.follow(follower=reader, followee=self.author)
        for followee in (self.friend, self.other):
            accounts.follow(follower=self.viewer, followee=followee)
        self.public = post(self.other, "A question for everybody")
        images = waiting(self.author, (FILE, 3, 2, f"numbat {SECRET}"))
        self.first = tweets.post_tweet(
            author=self.author, text=f"bilby one #wombat {SECRET} @viewer", media_ids=images
        ).tweet
        tweets.edit_tweet(tweet=self.first, by=self.author, text=f"quokka one #wombat {SECRET} @viewer")
        self.answer = post(self.author, f"quokka two {SECRET} @other", self.public)
        self.below = post(self.friend, "Below the answer", self.answer)
        self.quote = tweets.post_tweet(author=self.author, text=f"quokka three {SECRET}", quote_of=self.public).tweet
        self.friends = post(self.friend, "An answer of a friend", self.first)
        self.deep = post(self.author, f"quokka four {SECRET}", self.friends)
        self.mine = post(self.viewer, "My own answer", self.first)
        self.quoting = tweets.post_tweet(author=self.viewer, text="Look at this", quote_of=self.first).tweet
        self.quoted = tweets.post_tweet(author=self.friend, text="See that", quote_of=self.first).tweet
        self.secrets = [self.first, self.answer, self.quote, self.deep]
        for secret in self.secrets:
            tweets.like(user=self.viewer, tweet=secret)
            tweets.bookmark(user=self.viewer, tweet=secret)
            for reader in (self.viewer, self.friend):
                tweets.retweet(user=reader, tweet=secret)
        tweets.retweet(user=self.author, tweet=self.public)
        self.folder = BookmarkFolder.objects.create(user=self.viewer, name="Mine")
        self.draft = Draft.objects.create(
            author=self.viewer, text="To be sent", reply_to=self.first, quote_of=self.first, refusal="Not now."
        )
        self.word = accounts.mute_word(user=self.author, word="x")
        logged_in(self.viewer).get("/")

    @property
    def values(self) -> dict[str, list[Any]]:
        shown = [self.public, self.friends, self.quoting, self.quoted]
        retweets = Tweet.objects.filter(retweet_of=self.first)
        return {
            "username": ["keeper", "viewer", "other", "friend"],
            "who": ["keeper", self.author.pk],
            "user_id": [self.author.pk, self.viewer.pk, self.friend.pk],
            "tweet_id": [tweet.pk for tweet in (*self.secrets, *shown, *retweets)],
            "hashtag": ["wombat"],
            "folder_id": [self.folder.pk],
            "word_id": [self.word.pk],
            "draft_id": [self.draft.pk],
            "media_id": list(Media.objects.values_list("pk", flat=True)),
        }

    def paths(self, route: str, **instead: list[Any]) -> Iterator[str]:
        """The addresses of a route, for all values of its parameters."""
        names = re.findall(r"<(\w+)>", route)
        values = self.values | instead
        for chosen in product(*(values[name] for name in names)):
            path = route
            for name, value in zip(names, chosen, strict=True):
                path = path.replace(f"<{name}>", str(value))
            yield f"/{path}"

    def settle(self) -> None:
        events.drain()
        while accounts.flush_counts():
            pass


def ask(world: World) -> None:
    """Asks again to follow, and is not approved."""
    accounts.remove_follower(followee=world.author, follower=world.viewer)
    accounts.follow(follower=world.viewer, followee=world.author)


def leave(world: World) -> None:
    accounts.unfollow(follower=world.viewer, followee=world.author)


def be_blocked(world: World) -> None:
    accounts.block(blocker=world.author, blocked=world.viewer)


def block(world: World) -> None:
    accounts.block(blocker=world.viewer, blocked=world.author)


def stay(world: World) -> None:
    """Nothing parts the two."""


@dataclass(frozen=True)
class Outsider:
    parting: Callable[[World], None]
    is_protected: bool = True
    is_visitor: bool = False

    def world(self) -> tuple[World, Client]:
        world = World()
        accounts.protect(user=world.author, protected=self.is_protected)
        self.parting(world)
        world.settle()
        return world, Client() if self.is_visitor else logged_in(world.viewer)


OUTSIDERS = {
    "requester": Outsider(ask),
    "stranger": Outsider(leave),
    "visitor": Outsider(stay, is_visitor=True),
    "blocked by a protected author": Outsider(be_blocked),
    "blocked by an open author": Outsider(be_blocked, is_protected=False),
    "blocker of a protected author": Outsider(block),
    "blocker of an open author": Outsider(block, is_protected=False),
}


def told(response: Response, world: World, path: str) -> list[str]:
    """What the answer tells of the author's posts."""
    if response.status_code >= 500:
        return [f"{response.status_code}"]
    text = html(response).lower() if not getattr(response, "streaming", False) else ""
    text += str(response.headers.get("Location", "")) + str(response.headers.get("HX-Redirect", ""))
    text = ALLOWED.sub("", text)
    asked = set(re.findall(r"\d+", path))
    ids = [str(tweet.pk) for tweet in world.secrets if str(tweet.pk) not in asked]
    found = [word for word in (SECRET, FILE) if word in text]
    places = [re.search(rf".{{0,60}}{number}", text) for number in ids]
    return found + [place[0] for place in places if place]


@pytest.mark.parametrize("who", OUTSIDERS)
def test_who_is_kept_out_finds_nothing(who: str) -> None:
    world, client = OUTSIDERS[who].world()
    leaks = []
    for route, row in TABLE.items():
        for path, query in product(world.paths(route), row.queries):
            for headers in ({}, HTMX) if not route.startswith("api/") else ({},):
                found = told(client.get(path + query, headers=headers), world, path)
                leaks += [f"{path}{query} tells {found}"] if found else []
    assert not leaks, "\n".join(leaks)


UNDONE_BY = {"post": "^/tweets/.*/(unlike|unbookmark|unretweet)/$", "delete": "^/api/.*/(like|bookmark|retweet)$"}


@pytest.mark.parametrize("who", OUTSIDERS)
def test_what_one_may_not_see_is_as_if_it_never_was(who: str) -> None:
    """Whatever is sent to its addresses: the same answer as for a number that no tweet ever had, and nothing done."""
    world, client = OUTSIDERS[who].world()
    kinds = (Tweet, Like, Bookmark, Report, Draft)
    before = [kind._default_manager.count() for kind in kinds]
    differing = []
    sent = {"text": "Hello", "reason": "spam", "next": "/"}
    bodies = {"api/tweets/<tweet_id>/bookmark": [{}, {"folder": None}, {"folder": str(world.folder.pk)}]}
    for route in TABLE:
        if "<tweet_id>" not in route:
            continue
        methods = ("get", "post", "patch", "delete") if route.startswith("api/") else ("get", "post")
        [never] = world.paths(route, tweet_id=[NEVER])
        secrets = world.paths(route, tweet_id=[tweet.pk for tweet in world.secrets])
        for method, path, body in product(methods, secrets, bodies.get(route, [sent])):
            options: dict[str, Any] = {"data": body} if method != "get" else {}
            if route.startswith("api/"):
                options["content_type"] = "application/json"
            expected, answer = getattr(client, method)(never, **options), getattr(client, method)(path, **options)
            takes_back = re.search(UNDONE_BY[method], path) if method in UNDONE_BY else None
            if takes_back and answer.status_code in (200, 302):
                continue  # one's own mark: counted below
            if answer.status_code != expected.status_code or told(answer, world, path):
                differing.append(f"{method} {path}: {answer.status_code} and not {expected.status_code}")
    assert not differing, "\n".join(differing)
    after = [kind._default_manager.count() for kind in kinds]
    assert [now - then for now, then in zip(after, before, strict=True) if now > then] == []


def test_a_number_too_large_for_an_id_is_not_looked_for() -> None:
    """PostgreSQL would compare it as numeric with every row."""
    client = logged_in(person("viewer"))
    for route in TABLE:
        if "<tweet_id>" in route:
            path = f"/{route.replace('<tweet_id>', str(2**63))}"
            for method in (client.get, client.post, client.delete):
                with CaptureQueriesContext(connection) as queries:
                    assert method(path).status_code == 404, path
                assert not [query for query in queries if "tweets" in query["sql"]], path


def test_an_approved_follower_finds_them_where_the_table_says() -> None:
    """So that the table looks at the right places."""
    world, client = Outsider(stay).world()
    found = {
        route
        for route, row in TABLE.items()
        for path, query in product(world.paths(route), row.queries)
        if SECRET in html(client.get(path + query)).lower()
    }
    assert {route for route, row in TABLE.items() if row.shows} - found == set()
    author = logged_in(world.author)
    assert set(card_ids(author.get("/keeper/"))) >= {world.first.pk, world.quote.pk}
    assert author.get(world.deep.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("who", [name for name, outsider in OUTSIDERS.items() if outsider.is_protected])
def test_numbers_do_not_count_them(who: str) -> None:
    """Those of posts that everybody sees: one answer, one quote and one retweet of the author's are in none."""
    world, client = OUTSIDERS[who].world()
    shown = client.get(f"/api/tweets/{world.public.pk}").json()
    assert [shown[f"{name}_count"] for name in ("reply", "quote", "retweet")] == [0, 0, 0]
    call_command("reconcile_counts")


def test_an_account_that_opens_is_counted_again() -> None:
    world, _ = Outsider(leave).world()
    accounts.protect(user=world.author, protected=False)
    world.settle()
    shown = Client().get(f"/api/tweets/{world.public.pk}").json()
    assert [shown[f"{name}_count"] for name in ("reply", "quote", "retweet")] == [1, 1, 1]
    call_command("reconcile_counts")


@pytest.mark.parametrize("who", OUTSIDERS)
def test_the_pill_does_not_count_them(who: str) -> None:
    """Nor what the author has retweeted: on the home timeline stands what others posted, and no more."""
    world, client = OUTSIDERS[who].world()
    if OUTSIDERS[who].is_visitor:
        assert client.get("/timeline/new?since=0").status_code == 204
        return
    accounts.unfollow(follower=world.viewer, followee=world.other)
    home = set(card_ids(client.get("/?limit=100")))
    assert home == {tweet.pk for tweet in (world.below, world.friends, world.mine, world.quoting, world.quoted)}
    pill = html(client.get("/timeline/new?since=0"))
    assert re.findall(r"(\d+)\+? new posts", pill) == ["3"]


@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_is_told_what_they_retweeted(who: str) -> None:
    world, client = OUTSIDERS[who].world()
    path = f"{world.public.get_absolute_url()}retweets/"
    assert "@keeper</span>" in html(logged_in(world.friend).get(path))
    for page in (path, "/", world.public.get_absolute_url()):
        assert "@keeper</span>" not in html(client.get(page)), page
        assert 'href="/keeper/"' not in html(client.get(page)), page
