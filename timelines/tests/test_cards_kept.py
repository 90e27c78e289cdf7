"""Cards that are kept: rendered once for all, new as soon as anything of them changes, and gone with their tweet."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import User
from accounts.tests.clients import client_of
from socialgraph import events
from timelines.tests.site import html, logged_in, person, post
from tweets import bodies, services
from tweets.models import Media, Tweet
from tweets.services.erasing import erase_tweets
from tweets.tests.images import waiting

pytestmark = pytest.mark.django_db

FILE = "media/ab/" + "c" * 62 + ".webp"
READS_THE_TEXT = '"tweets"."text"'


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def reader(ada: User) -> User:
    bob = person("bob")
    accounts.follow(follower=bob, followee=ada)
    return bob


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_nearest", bodies._Nearest())


def shown(reader: User) -> tuple[str, list[dict[str, Any]]]:
    """(home as a page, home in the API)"""
    page = html(logged_in(reader).get("/"))
    answer = client_of(reader).get(f"/api/users/{reader.pk}/timeline").json()
    results: list[dict[str, Any]] = answer["results"]
    return page[page.index('id="feed"') :], results


def renderings(read: Callable[[], object]) -> int:
    """How many queries read texts to render them."""
    with CaptureQueriesContext(connection) as queries:
        read()
    return sum(READS_THE_TEXT in query["sql"] for query in queries)


def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_nearest", bodies._Nearest())


def test_a_card_is_rendered_once_for_everybody(ada: User, reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    post(ada, "Bread.")
    events.drain()
    carol = person("carol")
    accounts.follow(follower=carol, followee=ada)
    assert renderings(lambda: shown(reader)) == 2  # the page and the API
    assert renderings(lambda: shown(carol)) == 0
    another_process(monkeypatch)
    assert renderings(lambda: shown(carol)) == 0
    cache.clear()
    assert renderings(lambda: shown(reader)) == 0
    another_process(monkeypatch)
    assert renderings(lambda: shown(reader)) == 2


def rename(ada: User, tweet: Tweet) -> None:
    User.objects.filter(pk=ada.pk).update(display_name="Countess")


def change_picture(ada: User, tweet: Tweet) -> None:
    User.objects.filter(pk=ada.pk).update(avatar="avatars/new.webp")


def edit(ada: User, tweet: Tweet) -> None:
    services.edit_tweet(tweet=tweet, by=ada, text="Countess of bread. @carol")


def make_preview(ada: User, tweet: Tweet) -> None:
    Media.objects.filter(tweet=tweet).update(thumbnail="media/ab/new.webp")


def describe(ada: User, tweet: Tweet) -> None:
    Media.objects.filter(tweet=tweet).update(alt="Countess of images")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (rename, "Countess"),
        (change_picture, "avatars/new.webp"),
        (edit, "Countess of bread"),
        (make_preview, "media/ab/new.webp"),
        (describe, "Countess of images"),
    ],
)
def test_whatever_changes_is_shown_at_once(
    ada: User, reader: User, change: Callable[[User, Tweet], None], told: str
) -> None:
    images = waiting(ada, (FILE, 3, 2, "Old"))
    tweet = services.post_tweet(author=ada, text="Bread. @carol", media_ids=images).tweet
    events.drain()
    page, answer = shown(reader)
    assert told not in page
    assert told not in str(answer)
    change(ada, tweet)
    page, answer = shown(reader)
    assert told in page
    assert told in str(answer)


def test_a_mention_becomes_a_link_when_its_account_opens_again(ada: User, reader: User) -> None:
    carol = person("carol")
    post(ada, "Ask @carol")
    events.drain()
    link = 'href="/carol/"'
    assert link in shown(reader)[0]
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert link not in shown(reader)[0]
    User.objects.filter(pk=carol.pk).update(is_active=True)
    assert link in shown(reader)[0]


def test_a_quote_is_shown_to_whom_it_is_for(ada: User, reader: User) -> None:
    """Two who follow ada, of whom one is blocked by whom she quotes, and each reads after the other."""
    dora, carol = person("dora"), person("carol")
    accounts.follow(follower=carol, followee=ada)
    services.post_tweet(author=ada, text="See this.", quote_of=post(dora, "Only for some."))
    events.drain()
    accounts.block(blocker=dora, blocked=carol)
    for _ in range(2):
        for one, is_shown in ((reader, True), (carol, False)):
            page, answer = shown(one)
            assert ("Only for some." in page) is is_shown
            assert (answer[0]["quote"] is not None) is is_shown


def test_counts_and_marks_are_never_kept(ada: User, reader: User) -> None:
    tweet = post(ada, "Bread.")
    events.drain()
    shown(reader)
    services.like(user=reader, tweet=tweet)
    services.bookmark(user=reader, tweet=tweet)
    accounts.follow(follower=person("carol"), followee=ada)
    accounts.flush_counts()
    page, [card] = shown(reader)
    assert (card["like_count"], card["liked"], card["bookmarked"]) == (1, True, True)
    assert card["author"]["follower_count"] == 2
    assert 'aria-label="Like, 1"' in page


def test_it_says_the_same_as_the_tweet_itself(ada: User, reader: User) -> None:
    """On lists cards are put together of parts; a single tweet is not."""
    images = waiting(ada, (FILE, 3, 2, 'A "quoted" description \\ \\u0000'))
    User.objects.filter(pk=ada.pk).update(avatar="avatars/a.webp", bio="Ünï \\u0000 “code”")
    tweet = services.post_tweet(author=ada, text='"Bread" \\u0000 & <b>butter</b> @bob #x', media_ids=images).tweet
    services.post_tweet(author=ada, text="More.", quote_of=tweet, reply_to=tweet)
    services.retweet(user=ada, tweet=post(person("carol"), "Jam."))
    events.drain()
    _, cards = shown(reader)
    assert len(cards) == 3
    for card in cards:
        single = client_of(reader).get(f"/api/tweets/{card['id']}").json()
        assert card | {"retweeted_by": []} == single
    elsewhere = client_of(reader).get(f"/api/users/{reader.pk}/timeline", headers={"host": "localhost"}).json()
    assert elsewhere["results"][2]["media"][0]["url"] == f"http://localhost/media/{FILE}"


def kept(tweet: Tweet) -> int:
    return len(cache.get_many([bodies._key(kind, tweet.pk) for kind in bodies.Kind]))


@pytest.mark.django_db(transaction=True)
def test_of_a_deleted_tweet_and_a_closed_account_the_cache_keeps_nothing() -> None:
    ada, bob = person("ada"), person("bob")
    accounts.follow(follower=bob, followee=ada)
    one, two = post(ada, "One."), post(ada, "Two.")
    events.drain()
    shown(bob)
    assert (kept(one), kept(two)) == (2, 2)
    services.delete_tweet(tweet=one, by=ada)
    events.drain()
    assert (kept(one), kept(two)) == (0, 2)
    while erase_tweets(user_id=ada.pk, limit=10):
        pass
    assert kept(two) == 0


def test_what_the_cache_holds_of_other_looks_is_not_shown(ada: User, reader: User) -> None:
    tweet = post(ada, "Bread.")
    events.drain()
    cache.set(bodies._key(bodies.Kind.HTML, tweet.pk), (0, ("other", "looks", "than", "asked", "for")))
    page, _ = shown(reader)
    assert "Bread." in page
    assert "asked" not in page


def test_a_new_release_finds_nothing_of_the_old_one(settings: Settings, tmp_path: Path) -> None:
    for name in ("templates", "timelines", "tweets", "accounts"):
        shutil.copytree(settings.BASE_DIR / name, tmp_path / name)
    template = tmp_path / "templates" / "timelines" / "_card.html"
    template.write_text(f"{template.read_text()}<!-- new -->")
    before = bodies._key(bodies.Kind.HTML, 1)
    settings.BASE_DIR = tmp_path
    bodies._edition.cache_clear()
    try:
        assert bodies._key(bodies.Kind.HTML, 1) != before
    finally:
        bodies._edition.cache_clear()


def test_a_process_keeps_a_bounded_number(ada: User, reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "KEPT", 5)
    for n in range(30):
        post(ada, f"{n}")
    events.drain()
    shown(reader)
    assert len(bodies._nearest.new) + len(bodies._nearest.old) <= 10
    assert shown(reader)[0].count("<article") == 20
