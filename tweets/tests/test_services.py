import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings

from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph.models import OutboxEvent
from tweets import services
from tweets.models import Bookmark, Like, PostKey, Tweet
from tweets.tests.nasty_texts import TEXTS
from tweets.text import TextError, clean_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="Ada")


def post(author: User, text: str = "Hello.") -> Tweet:
    return services.post_tweet(author=author, text=text).tweet


def test_post_stores_text_tags_mentions_and_the_event(ada: User) -> None:
    bob = UserFactory.create(username="Bob")
    tweet = post(ada, "  Cafe\u0301 with @BOB and @nobody #Straße #STRASSE  ")
    tweet.refresh_from_db()
    assert tweet.text == "Café with @BOB and @nobody #Straße #STRASSE"
    assert tweet.mentions == [bob.pk]
    assert tweet.hashtags == ["strasse"]
    assert (tweet.reply_to, tweet.conversation) == (None, None)
    assert OutboxEvent.objects.get().payload == {"tweet_id": tweet.pk, "author_id": ada.pk}


def test_a_refused_post_leaves_nothing(ada: User) -> None:
    for text in ("", "  \n ", "x" * 281, "\x00", "\u200b"):
        with pytest.raises(ValidationError) as refusal:
            post(ada, text)
        assert list(refusal.value.message_dict) == ["text"]
    assert not Tweet.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize("text", ["x" * 280, "👩🏽‍🚀" * 70, "é" * 280, "一" * 280])
def test_280_code_points_pass_everywhere(ada: User, text: str) -> None:
    assert len(text) == 280
    assert post(ada, text).text == text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=TEXTS)
def test_what_clean_text_accepts_the_database_accepts(ada: User, raw: str) -> None:
    try:
        text = clean_text(raw)
    except TextError:
        return
    tweet = Tweet.objects.create(author=ada, text=text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT char_length(text), text FROM tweets WHERE id = %s", [tweet.pk])
        assert cursor.fetchone() == (len(text), text)


@pytest.mark.parametrize("fields", [{"text": "x" * 281}, {"text": ""}])
def test_the_database_refuses_other_lengths(ada: User, fields: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tweet.objects.create(author=ada, **fields)


def test_the_database_knows_what_a_retweet_is(ada: User) -> None:
    tweet, other = post(ada), post(ada)
    Tweet.objects.create(author=ada, text="", retweet_of=tweet)
    for wrong in ({"text": "words"}, {"text": "", "quote_of": other}, {"text": "", "reply_to": other}, {"text": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Tweet.objects.create(author=ada, retweet_of=tweet, **wrong)


def test_replies_know_their_parent_and_their_root(ada: User) -> None:
    root = post(ada)
    first = services.reply(author=ada, to=root, text="one").tweet
    second = services.reply(author=ada, to=first, text="two").tweet
    assert (first.reply_to, first.conversation) == (root, root)
    assert (second.reply_to, second.conversation) == (first, root)


def test_nobody_replies_to_a_deleted_tweet(ada: User) -> None:
    root = post(ada)
    services.delete_tweet(tweet=root, by=ada)
    root.refresh_from_db()
    with pytest.raises(ValidationError) as refusal:
        services.reply(author=ada, to=root, text="too late")
    assert list(refusal.value.message_dict) == ["reply_to"]


def test_a_key_posts_once(ada: User) -> None:
    first = services.post_tweet(author=ada, text="once", key="k1")
    again = services.post_tweet(author=ada, text="once", key="k1")
    assert (first.created, again.created) == (True, False)
    assert first.tweet == again.tweet
    assert Tweet.objects.count() == OutboxEvent.objects.count() == 1
    other = services.post_tweet(author=UserFactory.create(), text="once", key="k1")
    assert other.created  # keys are each author's own
    assert services.post_tweet(author=ada, text="once").created  # without a key the same text may stand twice


def test_an_endless_key_is_refused(ada: User) -> None:
    with pytest.raises(ValidationError, match="at most 64"):
        services.post_tweet(author=ada, text="x", key="k" * 65)


def test_old_keys_are_forgotten(ada: User) -> None:
    services.post_tweet(author=ada, text="x", key="old")
    services.post_tweet(author=ada, text="x", key="new")
    PostKey.objects.filter(key="old").update(created_at="2020-01-01T00:00Z")
    assert services.prune_post_keys() == 1
    assert PostKey.objects.get().key == "new"


def test_delete_is_for_the_author_and_staff(ada: User) -> None:
    tweet = post(ada)
    with pytest.raises(PermissionDenied):
        services.delete_tweet(tweet=tweet, by=UserFactory.create())
    assert services.delete_tweet(tweet=tweet, by=ada) is True
    assert services.delete_tweet(tweet=tweet, by=ada) is False
    assert services.delete_tweet(tweet=post(ada), by=UserFactory.create(is_staff=True)) is True
    tweet.refresh_from_db()
    assert tweet.deleted_at is not None


@pytest.mark.parametrize(
    ("do", "undo", "kind"),
    [(services.like, services.unlike, Like), (services.bookmark, services.unbookmark, Bookmark)],
)
def test_marks_say_whether_anything_changed(ada: User, do, undo, kind) -> None:  # type: ignore[no-untyped-def]  # three kinds of callables
    tweet = post(ada)
    assert [do(user=ada, tweet=tweet), do(user=ada, tweet=tweet)] == [True, False]
    assert kind.objects.values_list("user_id", "tweet_id").get() == (ada.pk, tweet.pk)
    assert [undo(user=ada, tweet=tweet), undo(user=ada, tweet=tweet)] == [True, False]
    assert not kind.objects.exists()
