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
from socialgraph import events, metrics
from socialgraph.nearest import Nearest
from timelines import cards as html_cards
from timelines import serializers
from timelines.tests.site import html, logged_in, person, post, posts
from tweets import bodies, services
from tweets.cards import cards_of
from tweets.models import Media, Tweet
from tweets.selectors import every_card
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


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on this one has kept nothing."""
    return lambda: monkeypatch.setattr(bodies, "NEAREST", Nearest(100))


@pytest.fixture(autouse=True)
def _nothing_is_kept(another_process: Callable[[], None]) -> None:
    another_process()


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


def test_a_card_is_rendered_once_for_everybody(ada: User, reader: User, another_process: Callable[[], None]) -> None:
    post(ada, "Bread.")
    events.drain()
    carol = person("carol")
    accounts.follow(follower=carol, followee=ada)
    assert renderings(lambda: shown(reader)) == 2  # the page and the API
    assert renderings(lambda: shown(carol)) == 0
    another_process()
    assert renderings(lambda: shown(carol)) == 0
    cache.clear()
    assert renderings(lambda: shown(reader)) == 0
    another_process()
    assert renderings(lambda: shown(reader)) == 2


USER_CHANGES: dict[str, object] = {
    "username": "countess",
    "display_name": "Countess",
    "bio": "Countess of code",
    "avatar": "avatars/countess.webp",
    "verified": True,
    "protected": True,
}


@pytest.mark.parametrize("field", USER_CHANGES)
def test_whatever_changes_of_an_author_is_shown_at_once(ada: User, reader: User, field: str) -> None:
    post(ada, "Bread.")
    events.drain()
    before, [card] = shown(reader)
    User.objects.filter(pk=ada.pk).update(**{field: USER_CHANGES[field]})
    after, [now] = shown(reader)
    if field in ("username", "display_name", "avatar"):
        assert str(USER_CHANGES[field]) not in before
        assert str(USER_CHANGES[field]) in after
    assert now["author"] != card["author"]
    assert str(USER_CHANGES[field]) in str(now["author"])


def edit(tweet: Tweet) -> None:
    services.edit_tweet(tweet=tweet, by=tweet.author, text="Countess of bread. @carol")


def correct(tweet: Tweet) -> None:
    Tweet.objects.filter(pk=tweet.pk).update(text="Countess of jam.")


def make_preview(tweet: Tweet) -> None:
    Media.objects.filter(tweet=tweet).update(thumbnail="media/ab/Countess.webp")


def describe(tweet: Tweet) -> None:
    Media.objects.filter(tweet=tweet).update(alt="Countess of images")


def blur(tweet: Tweet) -> None:
    Media.objects.filter(tweet=tweet).update(placeholder="data:Countess")


@pytest.mark.parametrize("change", [edit, correct, make_preview, describe, blur])
def test_whatever_changes_of_a_tweet_is_shown_at_once(ada: User, reader: User, change: Callable[[Tweet], None]) -> None:
    images = waiting(ada, (FILE, 3, 2, "Old"))
    tweet = services.post_tweet(author=ada, text="Bread. @carol", media_ids=images).tweet
    events.drain()
    page, answer = shown(reader)
    assert "Countess" not in page + str(answer)
    change(tweet)
    page, answer = shown(reader)
    assert "Countess" in page
    assert "Countess" in str(answer)


@pytest.mark.parametrize("column", ["reply_to", "quote_of"])
def test_what_lost_the_post_that_it_was_about_says_so(ada: User, reader: User, column: str) -> None:
    about = post(person("dora"), "Jam.")
    tweet = services.post_tweet(author=ada, text="Bread.", **{column: about}).tweet  # type: ignore[arg-type]
    events.drain()
    before, [card] = shown(reader)
    assert card[column] == str(about.pk)
    assert str(about.pk) in before
    Tweet.objects.filter(pk=tweet.pk).update(**{column: None})
    after, [card] = shown(reader)
    assert card[column] is None
    assert str(about.pk) not in after


def test_whom_a_reply_answers_is_told_to_whom_it_is_for(ada: User, reader: User) -> None:
    dora, carol = person("dora"), person("carol")
    accounts.follow(follower=carol, followee=ada)
    post(ada, "Yes.", post(dora, "Bread?"))
    events.drain()
    accounts.block(blocker=dora, blocked=carol)
    for _ in range(2):
        assert "@dora" in shown(reader)[0]
        assert "dora" not in shown(carol)[0]


def test_a_quote_follows_what_it_quotes_and_what_its_reader_mutes(ada: User, reader: User) -> None:
    dora = person("dora")
    quoted = post(dora, "Jam.")
    services.post_tweet(author=ada, text="See this.", quote_of=quoted)
    events.drain()
    assert "Jam." in shown(reader)[0]
    services.edit_tweet(tweet=quoted, by=dora, text="Marmalade.")
    assert "Marmalade." in shown(reader)[0]
    folded = "A post of somebody you muted"
    accounts.mute(muter=reader, muted=dora)
    assert folded in shown(reader)[0]
    assert folded not in shown(ada)[0]
    services.delete_tweet(tweet=quoted, by=dora)
    page, answer = shown(reader)
    assert "Marmalade." not in page + str(answer)
    assert "A post that cannot be shown" in page


def test_nothing_of_a_viewers_own_is_kept(ada: User, reader: User) -> None:
    tweet = post(ada, "Bread.")
    services.like(user=reader, tweet=tweet)
    services.bookmark(user=reader, tweet=tweet)
    services.retweet(user=reader, tweet=tweet)
    cards = [every_card(viewer).get(pk=tweet.pk) for viewer in (reader, ada, None)]
    for render in (serializers._halves, html_cards._list_frame):
        assert len({render(card) for card in cards}) == 1


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


def places(tweet: Tweet, reader: User) -> list[bodies.Place]:
    looks = cards_of(reader, [tweet.pk])[tweet.pk].looks
    return [(kind, tweet.pk, looks) for kind in bodies.Kind]


def test_the_cache_keeps_them_for_an_hour_whatever_becomes_of_them(ada: User, reader: User) -> None:
    tweet = post(ada, "Bread.")
    events.drain()
    shown(reader)
    for place in places(tweet, reader):
        assert 3_500 < cache.ttl(bodies.key(place)) <= 3_600  # type: ignore[attr-defined]  # of django-redis


def test_a_new_release_finds_nothing_of_the_old_one(settings: Settings, tmp_path: Path) -> None:
    def edition() -> str:
        bodies.edition.cache_clear()
        return bodies.edition()

    try:
        before = edition()
        assert edition() == before
        settings.SECRET_KEY = "another"  # the place of the site's address in JSON is made with it
        assert edition() != before
        settings.SECRET_KEY = settings._wrapped.default_settings.SECRET_KEY
        for name in ("templates", "socialgraph", *bodies.APPS):
            shutil.copytree(settings.BASE_DIR / name, tmp_path / name)
        settings.BASE_DIR = tmp_path
        assert edition() == before
        template = tmp_path / "templates" / "timelines" / "_card.html"
        template.write_text(f"{template.read_text()}<!-- new -->")
        assert edition() != before
    finally:
        bodies.edition.cache_clear()


def test_a_process_keeps_a_bounded_number(ada: User, reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    few: Nearest[Any, Any] = Nearest(5)
    monkeypatch.setattr(bodies, "NEAREST", few)
    for n in range(30):
        post(ada, f"{n}")
    events.drain()
    shown(reader)
    assert len(few) <= 10
    assert shown(reader)[0].count("<article") == 20


def test_how_often_a_card_was_at_hand_is_counted(ada: User, reader: User, another_process: Callable[[], None]) -> None:
    def counted() -> list[int]:
        """Hits and misses of this process, then of the cache; what tests before this one counted is among them."""
        assert metrics.flush()
        hour = metrics.read().hour
        return [hour.count("kept", "cards", where, how) for where in ("process", "cache") for how in ("hit", "miss")]

    posts(ada, 3)
    events.drain()
    for expected in ([0, 3, 0, 3], [3, 0, 0, 0], [0, 3, 3, 0]):  # kept nowhere, in this process, in the cache
        if expected == [0, 3, 3, 0]:
            another_process()
        before = counted()
        html(logged_in(reader).get("/"))
        assert [now - then for now, then in zip(counted(), before, strict=True)] == expected
