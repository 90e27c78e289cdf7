"""Made-up activity: tweets such as people write, in their own time, with every count right."""

import datetime as dt
from collections import defaultdict

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.generating import generate_graph
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import counts
from socialgraph.models import CountDelta, OutboxEvent
from socialgraph.snowflake import moment_of
from tweets import generating
from tweets.generating import HASHTAGS, WORDS, generate_activity
from tweets.models import Like, Tweet
from tweets.text import clean_text, parse

pytestmark = pytest.mark.django_db
FIELDS = ("author_id", "text", "hashtags", "mentions")


@pytest.fixture
def people() -> dict[str, int]:
    """Ids by lower-cased name."""
    generate_graph(users=30, follows=100, seed=1)
    UserFactory.create(username="Ada_1")
    return {name.lower(): user_id for name, user_id in User.objects.values_list("username", "id")}


def test_exact_numbers_and_counts(people: dict[str, int]) -> None:
    made = generate_activity(tweets=400, likes=1_000, seed=1)
    assert (Tweet.objects.count(), Like.objects.count()) == (400, 1_000)
    assert Like.objects.values("user_id", "tweet_id").distinct().count() == 1_000
    assert made.replies == Tweet.objects.exclude(reply_to=None).count() > 50
    assert sorted(made.author_ids) == sorted(people.values())
    assert not CountDelta.objects.exists()
    assert not OutboxEvent.objects.exists()
    assert counts.drift()[1] == []
    assert sum(User.objects.values_list("tweet_count", flat=True)) == 400


def test_beside_other_tweets_counts_are_right_and_triggers_count_again(people: dict[str, int]) -> None:
    for tweets in (50, 20):  # into empty tables, and into ones that hold more
        generate_activity(tweets=tweets, likes=60, seed=1)
    assert counts.drift()[1] == []
    for row in (Like.objects.all()[0], Tweet.objects.exclude(reply_to=None)[0]):
        row.delete()
    assert CountDelta.objects.count() > 1
    counts.flush()
    assert counts.drift()[1] == []


def test_columns_say_what_the_texts_say(people: dict[str, int]) -> None:
    generate_activity(tweets=1_000, likes=0, seed=2)
    tagged = mentioning = 0
    for tweet in Tweet.objects.all():
        assert clean_text(tweet.text) == tweet.text
        entities = parse(tweet.text)
        assert tweet.hashtags == list(entities.hashtags)
        assert tweet.mentions == [people[name] for name in entities.mentions]
        tagged += bool(tweet.hashtags)
        mentioning += bool(tweet.mentions)
    assert 250 < tagged < 350
    assert 60 < mentioning < 140


def test_the_longest_text_fits() -> None:
    longest = max(map(len, WORDS))
    assert 1 + 15 + 1 + 20 * (longest + 1) + 2 * (2 + max(map(len, HASHTAGS))) <= 280


def test_ids_are_of_the_time_of_the_tweet(people: dict[str, int]) -> None:
    before = timezone.now()
    generate_activity(tweets=500, likes=0, seed=3)
    moments = []
    for tweet in Tweet.objects.order_by("id"):
        assert tweet.created_at == tweet.updated_at == moment_of(tweet.pk)
        moments.append(tweet.created_at)
    assert moments == sorted(moments)
    assert before - dt.timedelta(days=30, hours=1) < moments[0] < before - dt.timedelta(days=29)
    assert before - dt.timedelta(days=1) < moments[-1] < timezone.now()


def test_replies_are_younger_and_know_their_root(people: dict[str, int]) -> None:
    generate_activity(tweets=600, likes=0, seed=4)
    depths: dict[int, int] = defaultdict(int)
    for tweet in Tweet.objects.select_related("reply_to").order_by("id"):
        if tweet.reply_to is None:
            assert tweet.conversation_id is None
        else:
            assert tweet.reply_to.pk < tweet.pk
            assert tweet.conversation_id == (tweet.reply_to.conversation_id or tweet.reply_to.pk)
            depths[tweet.pk] = depths[tweet.reply_to.pk] + 1
    assert max(depths.values()) > 1
    assert not Tweet.objects.filter(conversation__conversation__isnull=False).exists()


def test_a_second_run_is_the_same_beside_the_first(people: dict[str, int]) -> None:
    generate_activity(tweets=200, likes=0, seed=5)
    first = Tweet.objects.order_by("id")
    ids, rows = list(first.values_list("id", flat=True)), list(first.values_list(*FIELDS))
    generate_activity(tweets=200, likes=0, seed=5)
    second = Tweet.objects.exclude(id__in=ids).order_by("id")
    assert list(second.values_list(*FIELDS)) == rows
    generate_activity(tweets=200, likes=0, seed=6)
    assert Tweet.objects.count() == 600


def test_many_slices_are_one_run(people: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generating, "SLICE", 7)
    generate_activity(tweets=100, likes=333, seed=7)
    assert (Tweet.objects.count(), Like.objects.count()) == (100, 333)
    assert counts.drift()[1] == []


def test_some_write_and_are_liked_much_more_than_others(people: dict[str, int]) -> None:
    generate_activity(tweets=1_000, likes=5_000, seed=8)
    written = sorted(User.objects.values_list("tweet_count", flat=True))
    liked = sorted(Tweet.objects.annotate(likes=F("counts__like_count")).values_list("likes", flat=True))
    assert written[-1] > 2 * written[len(written) // 2]
    assert sum(liked[-100:]) > 0.3 * 5_000


def test_everybodys_home_timeline_is_outdated(people: dict[str, int]) -> None:
    before = dict(User.objects.values_list("id", "graph_version"))
    generate_activity(tweets=1, likes=0, seed=9)
    assert dict(User.objects.values_list("id", "graph_version")) == {i: version + 1 for i, version in before.items()}


def test_who_cannot_log_in_does_not_write(people: dict[str, int]) -> None:
    User.objects.exclude(username="Ada_1").update(is_active=False)
    generate_activity(tweets=20, likes=0, seed=1)
    assert set(Tweet.objects.values_list("author__username", flat=True)) == {"Ada_1"}


@pytest.mark.parametrize(("tweets", "likes"), [(2, 63), (0, 1), (2, -1)])
def test_likes_that_do_not_fit_are_refused(people: dict[str, int], tweets: int, likes: int) -> None:
    with pytest.raises(ValueError, match="have room for 0 to"):
        generate_activity(tweets=tweets, likes=likes, seed=1)
    assert not Tweet.objects.exists()


def test_everybody_may_like_everything(people: dict[str, int]) -> None:
    generate_activity(tweets=2, likes=62, seed=1)
    assert Like.objects.count() == 62


def test_without_users_there_is_nobody_to_write() -> None:
    with pytest.raises(ValueError, match="no users"):
        generate_activity(tweets=1, likes=0, seed=1)
