"""The demo community: believable in numbers, the same for the same seed, and right in counts and timelines."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F
from django.test import Client
from pytest_django import Settings

from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from accounts.relationships import State
from accounts.selectors import relationship, requests_to
from accounts.services import RESERVED_NAMES
from accounts.tests.factories import UserFactory
from socialgraph import counts
from socialgraph.models import CountDelta, OutboxEvent
from socialgraph.snowflake import moment_of
from timelines import checking
from timelines.demo import loading
from timelines.demo.loading import PEOPLE, POSTS, NotEmpty, load_demo
from timelines.demo.people import DEMO_USER, STAFF_USER, draw_people
from timelines.demo.posts import Chronicle, Post
from timelines.demo.stock import EVERYDAY, TOPICS, fitting, language, table, topic
from timelines.home import home_page
from tweets.models import Bookmark, Like, Media, Tweet, TweetVersion

LANGUAGES = [name for name in table("languages") if name != "slots"]


def community(seed: int, people: int = PEOPLE, posts: int = POSTS) -> Chronicle:
    random = Random(seed)
    return Chronicle(random, draw_people(random, people), posts)


def told(chronicle: Chronicle) -> list[tuple[Any, ...]]:
    return [
        (post.author.username, post.text, post.age, post.parent and post.parent.text, post.likes, post.bookmarks)
        for post in chronicle.posts
    ]


def test_the_same_seed_makes_the_same_community() -> None:
    first = draw_people(Random(1), PEOPLE)
    assert first == draw_people(Random(1), PEOPLE)
    assert {p.username for p in first} != {p.username for p in draw_people(Random(2), PEOPLE)}
    one, other = told(community(1)), told(community(1))
    assert one == other
    assert one != told(community(2))


def test_numbers_that_can_be_believed() -> None:
    people = draw_people(Random(1), PEOPLE)
    assert len({person.username.lower() for person in people}) == PEOPLE
    assert not {person.username.lower() for person in people} & RESERVED_NAMES
    followers = sorted(Counter(number for p in people for number, _ in p.follows).values(), reverse=True)
    assert sum(followers[:20]) > 0.25 * sum(followers)
    assert followers[0] > 5 * followers[len(followers) // 2] / 2
    chronicle = community(1)
    posts = chronicle.posts
    texts = Counter(post.text for post in posts)
    assert len(posts) == POSTS
    assert len(texts) > 1_600
    assert max(texts.values()) <= 8
    assert 700 < sum(post.parent is not None for post in posts) < 1_000
    assert sum("#" in post.text for post in posts) > 200
    assert sum(post.mentioned is not None for post in posts) > 20
    scripts = ("ا", "ש", "の", "的", "의", "क", "я", "α", "🙂")
    assert sum(any(letter in post.text for post in posts) for letter in scripts) >= 7
    assert 40 < sum(bool(post.picture) for post in posts) < 150
    assert 3_000 < sum(len(post.likes) for post in posts) < 10_000


def test_answers_come_after_what_they_answer_and_fit_it() -> None:
    for post in community(3).posts:
        if (parent := post.parent) is None:
            continue
        assert 0 < post.age < parent.age
        if post.is_debate:
            continue
        if parent.parent is None:
            assert post.author is not parent.author
            assert parent.answers
        else:
            assert post.author is parent.parent.author
    assert fitting(["1| a", "23| b", "c"], 0) == ["1| a", "c"]
    assert fitting(["1| a", "23| b", "c"], 2) == ["23| b", "c"]


def test_one_long_conversation_branches_and_the_demo_user_is_in_it() -> None:
    posts = [post for post in community(1).posts if post.is_debate]
    answers = Counter(id(post.parent) for post in posts if post.parent)
    assert len(posts) == len(table("debate")["posts"]) > 35
    assert sum(count > 1 for count in answers.values()) > 5
    assert sum(post.was_taken_back for post in posts) == 2
    assert sum(post.author.username == DEMO_USER for post in posts) > 3
    assert len({post.author.username for post in posts}) == 9


def test_every_template_can_be_filled() -> None:
    unanswered: list[str] = []
    for source in [*map(topic, (*TOPICS, EVERYDAY)), *map(language, LANGUAGES)]:
        longest = {name: max(options, key=len) for name, options in source.slots.items()} | {"friend": "x" * 15}
        for thread in source.threads:
            for place, opening in enumerate(thread.open):
                unanswered += [] if fitting(thread.answer, place) else [opening]
                assert len(opening.format_map(longest)) <= 280
            for answer in [*thread.answer, *thread.back]:
                assert len(answer.format_map(longest)) <= 280
    assert unanswered == []


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def load(people: int = 60, posts: int = 400) -> loading.Loaded:
    return load_demo(seed=1, demo_password="for the demo", staff_password="for the staff", people=people, posts=posts)


@pytest.mark.django_db(transaction=True)
def test_loaded_counts_and_timelines_are_right(media: Path) -> None:
    loaded = load()
    own_words = Tweet.objects.filter(retweet_of=None, quote_of=None)
    assert (User.objects.count(), own_words.count()) == (loaded.people, loaded.posts) == (60, 400)
    assert Tweet.objects.filter(retweet_of__isnull=False).count() > 20
    assert Tweet.objects.filter(quote_of__isnull=False).exists()
    assert (Follow.objects.count(), Like.objects.count()) == (loaded.follows, loaded.likes)
    assert (Bookmark.objects.count(), Media.objects.count()) == (loaded.bookmarks, loaded.images)
    assert not CountDelta.objects.exists()
    assert not OutboxEvent.objects.exists()
    assert counts.drift()[1] == []
    assert list(filter(None, checking.differences(checking.viewer_ids(), page_size=50))) == []
    for tweet in Tweet.objects.annotate(images=Count("media")):
        assert abs(moment_of(tweet.pk) - tweet.created_at).total_seconds() < 0.002
        assert tweet.updated_at == tweet.created_at
        assert tweet.media_count == tweet.images
        assert tweet.reply_to_id is None or tweet.reply_to_id < tweet.pk
    assert not Follow.objects.filter(follower=F("followee")).exists()
    files = {path.relative_to(media).as_posix() for path in media.rglob("*.webp")}
    assert files >= {user.avatar.name for user in User.objects.exclude(avatar="")}
    assert files >= {name for row in Media.objects.all() for name in (row.file.name, row.thumbnail.name)}
    assert all(row.placeholder for row in Media.objects.all())
    assert {2, 3, 4} & {tweet.media_count for tweet in Tweet.objects.all()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("media")
def test_some_posts_were_edited_soon_after() -> None:
    load()
    edited = Tweet.objects.filter(version__gt=1)
    assert 5 < edited.count() < 40
    assert edited.filter(author__username="demo").exists()
    for tweet in edited:
        kept = list(TweetVersion.objects.filter(tweet=tweet).order_by("version"))
        assert [row.version for row in kept] == list(range(1, tweet.version))
        assert tweet.edited_at is not None
        moments = [*(row.created_at for row in kept), tweet.edited_at]
        assert moments == sorted(set(moments))
        assert moments[0] == tweet.created_at
        assert (moments[-1] - tweet.created_at).total_seconds() < 3600
        texts = [*(row.text for row in kept), tweet.text]
        assert all(before != after for before, after in pairwise(texts))
        assert {len(row.media) for row in kept} == {tweet.media_count}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("media")
def test_some_keep_their_distance() -> None:
    load()
    demo, steward = (User.objects.get(username=name) for name in (DEMO_USER, STAFF_USER))
    protected = User.objects.filter(protected=True)
    states = {person: relationship(demo, person).state for person in protected if person != steward}
    assert sorted(state.name for state in states.values()) == ["FOLLOWING", "REQUESTED"]
    assert State.STRANGER not in states.values()
    assert len(requests_to(steward, cursor=None, limit=9).results) == 3
    assert FollowRequest.objects.exclude(followee__protected=True).count() == 0
    for row in Block.objects.all():
        assert relationship(row.blocker, row.blocked).state is State.STRANGER
    assert (Block.objects.count(), Mute.objects.count(), MutedWord.objects.count()) == (1, 1, 1)
    assert all(tweet.is_protected is tweet.author.protected for tweet in Tweet.objects.select_related("author"))
    assert not Tweet.objects.filter(retweet_of__author__protected=True).exists()
    assert not Tweet.objects.filter(quote_of__author__protected=True).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("media")
def test_two_people_can_log_in_and_find_a_lively_place() -> None:
    load()
    for name, password, is_staff in ((DEMO_USER, "for the demo", False), (STAFF_USER, "for the staff", True)):
        client = Client()
        answer = client.post("/accounts/login/", {"login": name, "password": password})
        assert answer.status_code == 302, name
        assert client.get("/").status_code == 200
        assert (client.get("/admin/", follow=True).status_code == 200) is is_staff
        assert User.objects.get(username=name).is_superuser is is_staff
    others = User.objects.exclude(username__in=[DEMO_USER, STAFF_USER])
    assert not any(user.has_usable_password() for user in others)
    demo = User.objects.get(username=DEMO_USER)
    home = home_page(demo, before=None, limit=50)
    assert len({tweet.author_id for tweet in home.results}) > 15
    assert demo.following_count >= 40
    assert Tweet.objects.filter(author=demo, reply_to=None).count() >= 10
    assert Tweet.objects.filter(reply_to__author=demo).exclude(author=demo).count() >= 10
    assert Bookmark.objects.filter(user=demo).count() >= 10
    filed = Bookmark.objects.filter(user=demo, folder__user=demo).values("folder").distinct().count()
    assert (filed >= 2, Bookmark.objects.exclude(user=demo).filter(folder__isnull=False).exists()) == (True, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("media")
def test_nothing_goes_into_a_database_with_an_account() -> None:
    UserFactory.create()
    with pytest.raises(NotEmpty):
        load()
    with pytest.raises(CommandError, match="empty"):
        call_command("load_demo")
    assert (User.objects.count(), Tweet.objects.count()) == (1, 0)


def test_posts_of_nobody_are_not_made() -> None:
    """The member of staff and quiet people write nothing."""
    silent: list[Post] = [p for p in community(1).posts if p.author.username == STAFF_USER or p.author.is_quiet]
    assert silent == []
