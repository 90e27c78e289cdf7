"""The pages that people read: what is on them, for whom, and that nothing that was typed becomes markup."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import services as accounts
from accounts.models import User
from socialgraph import events
from timelines.tests.site import HTMX, card_ids, html, logged_in, person, post, posts, walk
from tweets import services as tweets
from tweets.models import Tweet

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # for what happens after commit

XSS = (
    """<script>alert(1)</script>"'><img src=x onerror=alert(2)> {{ 7|add:7 }} &lt;b&gt; <hx-partial hx-target="body">"""
)


@pytest.fixture
def ada() -> User:
    return person("Ada", display_name="Ada Lovelace")


@pytest.fixture
def bob(ada: User) -> User:
    """Follows Ada."""
    bob = person("bob")
    accounts.follow(follower=bob, followee=ada)
    return bob


def test_visitors_get_the_front_page(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert 'href="/accounts/login/"' in html(response)
    assert card_ids(response) == []


def test_home_shows_own_and_followed_posts_latest_first(ada: User, bob: User) -> None:
    first, strange, last = post(ada), post(person("stranger")), post(bob)
    assert card_ids(logged_in(bob).get("/")) == [last.pk, first.pk]
    assert card_ids(logged_in(ada).get("/")) == [first.pk]
    assert strange.pk not in card_ids(logged_in(bob).get("/"))


@pytest.mark.parametrize("path", ["/", "/people/"])
def test_who_follows_nobody_is_led_to_what_everybody_posts(ada: User, path: str) -> None:
    tweet, client = post(person("stranger")), logged_in(ada)
    assert card_ids(client.get(path)) == []
    address = html(client.get(path)).partition(" everybody posts</a>")[0].rpartition('href="')[2].partition('"')[0]
    assert card_ids(client.get(address)) == [tweet.pk]


def test_home_marks_the_visitor_active_and_a_profile_does_not(ada: User) -> None:
    User.objects.update(last_active_on=None)
    logged_in(ada).get("/ada/", follow=True)
    ada.refresh_from_db()
    assert ada.last_active_on is None
    logged_in(ada).get("/")
    ada.refresh_from_db()
    assert ada.last_active_on == timezone.now().date()


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize("count", [0, 1, 20, 21, 45])
def test_load_more_walks_home_to_the_end_without_doubles(
    ada: User, bob: User, count: int, headers: dict[str, str] | None
) -> None:
    ids = posts(ada, count)
    pages = list(walk(logged_in(bob), "/", headers))
    assert [len(page) for page in pages[:-1]] == [20] * (len(pages) - 1)
    assert [tweet_id for page in pages for tweet_id in page] == ids


def test_load_more_is_a_page_for_browsers_and_cards_for_htmx(ada: User, bob: User) -> None:
    posts(ada, 3)
    client = logged_in(bob)
    page, cards = client.get("/?limit=2"), client.get("/?limit=2", headers=HTMX)
    assert card_ids(page) == card_ids(cards)
    assert "<html" in html(page)
    assert "<html" not in html(cards)
    assert page.headers["Vary"] == cards.headers["Vary"] == "HX-Request, Cookie"
    assert "limit=2&amp;cursor=" in html(page)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("cursor=zzz", "The address is damaged"),
        ("cursor=AAAA", "The address is damaged"),
        ("cursor=__________8", "The address is damaged"),
        ("cursor=%00", "Null characters are not allowed"),
        ("limit=0", "at least 1 post"),
        ("limit=-3", "at least 1 post"),
        ("limit=101", "at most 100 posts"),
        ("limit=ten", "not a number"),
    ],
)
def test_an_address_that_no_page_has_is_a_clear_400(ada: User, query: str, words: str) -> None:
    client = logged_in(ada)
    for path in ("/", "/Ada/", "/bookmarks/", post(ada).get_absolute_url()):
        for headers in (None, HTMX):
            response = client.get(f"{path}?{query}", headers=headers)
            assert response.status_code == 400
            assert words in html(response)
            assert f'href="{path}"' in html(response)


def test_limits_at_the_edge_are_allowed(ada: User) -> None:
    posts(ada, 2)
    assert len(card_ids(logged_in(ada).get("/?limit=1"))) == 1
    assert len(card_ids(logged_in(ada).get("/?limit=100&cursor="))) == 2


@committed
def test_the_pill_counts_what_others_posted_since(ada: User, bob: User) -> None:
    client, since = logged_in(bob), post(ada).pk
    assert card_ids(client.get("/")) == [since]
    path = f"/timeline/new?since={since}"
    assert html(client.get(path)).strip() == ""
    post(ada)
    post(bob)
    events.drain()
    assert "1 new post<" in html(client.get(path))
    posts(ada, 11)
    events.drain()
    assert "12 new posts<" in html(client.get(path))
    posts(ada, 10)
    events.drain()
    assert "20+ new posts<" in html(client.get(path))


@committed
def test_own_posts_do_not_hide_the_news_from_the_pill(ada: User, bob: User) -> None:
    client, since = logged_in(bob), post(ada).pk
    client.get("/")
    post(ada)
    posts(bob, 45)
    events.drain()
    assert "1 new post<" in html(client.get(f"/timeline/new?since={since}"))


def test_the_pill_never_disturbs(client: Client, ada: User) -> None:
    assert client.get("/timeline/new?since=1", headers=HTMX).status_code == 204
    for query in ("", "?since=", "?since=x", "?since=-1", f"?since={2**63}"):
        assert logged_in(ada).get(f"/timeline/new{query}").status_code == 400


def test_the_front_page_has_the_latest_posts_of_everybody_without_replies(client: Client, ada: User) -> None:
    gone = person("gone")
    ids = posts(ada, 9)
    post(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    post(ada, "Answer.", Tweet.objects.get(pk=ids[0]))
    tweets.delete_tweet(tweet=Tweet.objects.get(pk=ids[1]), by=ada)
    assert card_ids(client.get("/")) == [ids[0], *ids[2:9]]


@pytest.mark.parametrize(
    "path", ["/nobody/", "/a-b/", "/x%00/", f"/{'x' * 16}/", "/tweets/1/", f"/tweets/{2**63}/", "/tweets/x/"]
)
def test_what_never_was_is_404_with_a_way_out(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert 'href="/"' in html(response)


def test_a_deleted_tweet_is_gone_everywhere(client: Client, ada: User, bob: User) -> None:
    tweet = post(ada)
    tweets.bookmark(user=bob, tweet=tweet)
    tweets.delete_tweet(tweet=tweet, by=ada)
    response = client.get(tweet.get_absolute_url())
    assert response.status_code == 410
    assert "was deleted" in html(response)
    for path in ("/", "/Ada/", "/bookmarks/"):
        assert card_ids(logged_in(bob).get(path)) == []


def test_bookmarks_are_the_viewers_own_latest_first(ada: User, bob: User) -> None:
    ids = posts(ada, 25)
    for tweet in Tweet.objects.filter(pk__in=ids).order_by("-pk"):
        tweets.bookmark(user=bob, tweet=tweet)
    assert [tweet_id for page in walk(logged_in(bob), "/bookmarks/") for tweet_id in page] == ids[::-1]
    assert card_ids(logged_in(ada).get("/bookmarks/")) == []


def test_bookmarks_are_for_members(client: Client) -> None:
    assert client.get("/bookmarks/?limit=3").headers["Location"] == "/accounts/login/?next=/bookmarks/%3Flimit%3D3"
    response = client.get("/bookmarks/", headers=HTMX)
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/bookmarks/"


def test_nothing_that_was_typed_becomes_markup(ada: User) -> None:
    mallory = person("mallory", display_name=XSS[:50], bio=XSS)
    accounts.follow(follower=ada, followee=mallory)
    tweet = post(mallory, XSS)
    post(mallory, XSS, tweet)
    tweets.bookmark(user=ada, tweet=tweet)
    client = logged_in(ada)
    for path in ("/", "/mallory/", tweet.get_absolute_url(), "/bookmarks/", f"{tweet.get_absolute_url()}reply/"):
        page = html(client.get(path))
        assert page.count("<script") == 2  # htmx and site.js
        assert "<img" not in page
        assert "<hx-partial" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "14 &amp;lt;b" not in page


def test_texts_are_linked_and_mentions_only_when_they_exist(client: Client, ada: User, bob: User) -> None:
    page = html(client.get(post(ada, "@BOB @nobody #tea https://example.org/x").get_absolute_url()))
    assert 'href="/bob/">@BOB</a>' in page
    assert "@nobody" in page
    assert 'href="/nobody/"' not in page
    assert 'href="/tags/tea/">#tea</a>' in page
    assert 'href="https://example.org/x"' in page


def test_reading_pages_refuse_writes_and_write_addresses_refuse_reading(ada: User) -> None:
    client, tweet = logged_in(ada), post(ada)
    for path in ("/", "/Ada/", tweet.get_absolute_url(), "/bookmarks/", "/timeline/new"):
        assert client.post(path).status_code == 405
    for path in ("like", "unlike", "bookmark", "unbookmark", "delete"):
        response = client.get(f"{tweet.get_absolute_url()}{path}/")
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert client.get("/bob/follow/").status_code == 405
    assert not tweets.unlike(user=ada, tweet=tweet)


def test_pages_forbid_inline_code_and_hold_none(ada: User) -> None:
    response = logged_in(ada).get(post(ada).get_absolute_url())
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    page = html(response)
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page
    assert "hx-on" not in page


def test_vendored_files_are_the_ones_that_their_list_names() -> None:
    vendor = Path(settings.BASE_DIR) / "static" / "vendor"
    listed = dict(re.findall(r"^\| `(\S+)` .* `([0-9a-f]{64})` \|$", (vendor / "README.md").read_text(), re.MULTILINE))
    assert set(listed) == {path.relative_to(vendor).as_posix() for path in vendor.rglob("*.js")}
    for name, digest in listed.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest
