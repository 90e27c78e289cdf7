"""The undo-send window: what waits, what becomes of it, and that nothing is posted twice or lost."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import counts
from socialgraph.models import OutboxEvent
from socialgraph.rows import next_snowflake
from tweets import services, tasks
from tweets.models import Draft, Media, PostKey, Tweet
from tweets.services.posting import Posted

pytestmark = pytest.mark.django_db
racing = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


@pytest.fixture
def bob() -> User:
    user: User = UserFactory.create(username="bob")
    return user


def draft(author: User, text: str = "Hello", seconds: int = 10, **more: Any) -> Draft:
    made = services.draft_post(author=author, text=text, seconds=seconds, **more)
    assert isinstance(made, Draft)
    return made


def image(owner: User) -> Media:
    return Media.objects.create(owner=owner, file="media/a.webp", width=2, height=1, alt="A cat")


def wait_no_longer() -> None:
    Draft.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - dt.timedelta(seconds=1))


class TestWaiting:
    def test_nothing_is_posted_before_the_window_ends(self, ada: User) -> None:
        made = draft(ada, " Hello #you ", seconds=10)
        assert made.due_at is not None
        assert 9 < (made.due_at - timezone.now()).total_seconds() <= 10
        assert services.post_due_drafts() == 0
        assert not Tweet.objects.exists()
        assert not PostKey.objects.exists()
        assert not OutboxEvent.objects.exists()
        assert counts.drift()[1] == []

    def test_the_tweet_is_made_when_it_ends(self, ada: User, bob: User) -> None:
        first = services.post_tweet(author=bob, text="First").tweet
        draft(ada, " Hello #you ", reply_to=first)
        wait_no_longer()
        before = next_snowflake()
        assert tasks.post_due_drafts() == 1
        tweet = Tweet.objects.get(author=ada)
        assert (tweet.text, tweet.hashtags, tweet.reply_to) == ("Hello #you", ["you"], first)
        assert tweet.pk > before
        assert not Draft.objects.exists()
        assert OutboxEvent.objects.filter(event="tweet_posted", payload__tweet_id=tweet.pk).count() == 1
        assert tasks.post_due_drafts() == 0

    def test_a_quote_and_its_images(self, ada: User, bob: User) -> None:
        quoted = services.post_tweet(author=bob, text="First").tweet
        cat = image(ada)
        draft(ada, "", media_ids=[cat.pk], quote_of=quoted)
        assert Media.objects.get().tweet is None
        wait_no_longer()
        services.post_due_drafts()
        tweet = Tweet.objects.get(author=ada)
        assert (tweet.quote_of, tweet.media_count) == (quoted, 1)
        assert Media.objects.get().tweet == tweet

    def test_several_are_posted_in_their_order(self, ada: User) -> None:
        for n in range(5):
            draft(ada, f"Number {n}")
        wait_no_longer()
        Draft.objects.filter(text="Number 3").update(due_at=timezone.now() - dt.timedelta(seconds=9))
        assert services.post_due_drafts() == 5
        texts = list(Tweet.objects.order_by("pk").values_list("text", flat=True))
        assert texts[0] == "Number 3"

    def test_the_same_key_is_one_draft_and_one_tweet(self, ada: User) -> None:
        made = draft(ada, key="once")
        assert draft(ada, key="once") == made
        assert Draft.objects.count() == 1
        wait_no_longer()
        services.post_due_drafts()
        again = services.draft_post(author=ada, text="Hello", seconds=10, key="once")
        assert isinstance(again, Posted)
        assert (again.tweet, again.created) == (Tweet.objects.get(), False)
        assert not Draft.objects.exists()


class TestRefusedAtOnce:
    @pytest.mark.parametrize("text", ["", "x" * 281, "a\x00b"])
    def test_a_text_that_cannot_be_posted(self, ada: User, text: str) -> None:
        with pytest.raises(ValidationError) as refused:
            draft(ada, text)
        assert list(refused.value.message_dict) == ["text"]
        assert not Draft.objects.exists()

    def test_a_tweet_that_is_not_shown(self, ada: User, bob: User) -> None:
        tweet = services.post_tweet(author=bob, text="First").tweet
        accounts.block(blocker=bob, blocked=ada)
        with pytest.raises(ValidationError, match="not shown"):
            draft(ada, reply_to=tweet)

    def test_an_image_of_somebody_else(self, ada: User, bob: User) -> None:
        with pytest.raises(ValidationError, match="image"):
            draft(ada, media_ids=[image(bob).pk])

    def test_too_many(self, ada: User, bob: User, settings: Settings) -> None:
        settings.DRAFTS_MAX = 2
        first = draft(ada, "1")
        draft(ada, "2")
        draft(bob, "1")
        with pytest.raises(ValidationError, match="2 drafts"):
            draft(ada, "3")
        services.take_back(author=ada, draft_id=first.pk)
        draft(ada, "3", instead_of=first.pk)
        assert sorted(Draft.objects.filter(author=ada).values_list("text", flat=True)) == ["2", "3"]


class TestUndoing:
    def test_what_was_taken_back_waits_for_its_author(self, ada: User) -> None:
        made = draft(ada)
        taken = services.take_back(author=ada, draft_id=made.pk)
        assert taken is not None
        assert (taken.text, taken.due_at, taken.refusal) == ("Hello", None, "")
        wait_no_longer()
        assert services.post_due_drafts() == 0
        assert services.post_draft(author=ada, draft_id=made.pk) is None
        assert not Tweet.objects.exists()

    def test_too_late(self, ada: User) -> None:
        made = draft(ada)
        wait_no_longer()
        services.post_due_drafts()
        assert services.take_back(author=ada, draft_id=made.pk) is None
        assert Tweet.objects.count() == 1

    def test_posting_now(self, ada: User) -> None:
        made = draft(ada)
        posted = services.post_draft(author=ada, draft_id=made.pk)
        assert posted is not None
        assert posted.created
        assert services.post_draft(author=ada, draft_id=made.pk) is None
        assert Tweet.objects.get().text == "Hello"
        assert not Draft.objects.exists()

    def test_discarding_takes_the_images_along(self, ada: User) -> None:
        made = draft(ada, media_ids=[image(ada).pk])
        assert services.discard_draft(author=ada, draft_id=made.pk) is True
        assert services.discard_draft(author=ada, draft_id=made.pk) is False
        assert not Media.objects.exists()
        assert not Tweet.objects.exists()

    def test_others_cannot(self, ada: User, bob: User) -> None:
        made = draft(ada)
        assert services.take_back(author=bob, draft_id=made.pk) is None
        assert services.post_draft(author=bob, draft_id=made.pk) is None
        assert services.discard_draft(author=bob, draft_id=made.pk) is False
        assert services.forget_draft(author=bob, draft_id=made.pk) is False
        assert Draft.objects.get().due_at is not None


class TestRefusedAtTheEnd:
    def test_what_it_answers_was_deleted_meanwhile(self, ada: User, bob: User) -> None:
        tweet = services.post_tweet(author=bob, text="First").tweet
        made = draft(ada, reply_to=tweet)
        services.delete_tweet(tweet=tweet, by=bob)
        wait_no_longer()
        assert services.post_due_drafts() == 0
        made.refresh_from_db()
        assert made.due_at is None
        assert "was deleted" in made.refusal
        assert services.post_draft(author=ada, draft_id=made.pk) is None
        assert not Tweet.objects.filter(author=ada).exists()

    @pytest.mark.parametrize("field", ["reply_to", "quote_of"])
    def test_what_it_belongs_to_was_erased_meanwhile(self, ada: User, bob: User, field: str) -> None:
        tweet = services.post_tweet(author=bob, text="First").tweet
        more: dict[str, Any] = {field: tweet}
        made = draft(ada, **more)
        tweet.delete()
        wait_no_longer()
        assert services.post_due_drafts() == 0
        made.refresh_from_db()
        assert made.refusal == "The post that this belongs to is gone."
        assert services.post_draft(author=ada, draft_id=made.pk) is None
        assert not Tweet.objects.exists()

    def test_a_block_that_was_lifted_again(self, ada: User, bob: User) -> None:
        tweet = services.post_tweet(author=bob, text="First").tweet
        made = draft(ada, reply_to=tweet)
        accounts.block(blocker=bob, blocked=ada)
        wait_no_longer()
        services.post_due_drafts()
        accounts.unblock(blocker=bob, blocked=ada)
        posted = services.post_draft(author=ada, draft_id=made.pk)
        assert posted is not None
        assert posted.tweet.reply_to == tweet

    def test_an_account_that_was_closed(self, ada: User) -> None:
        made = draft(ada)
        User.objects.filter(pk=ada.pk).update(is_active=False)
        wait_no_longer()
        assert services.post_due_drafts() == 0
        made.refresh_from_db()
        assert "closed" in made.refusal
        assert not Tweet.objects.exists()

    def test_one_that_fails_keeps_nobody_waiting(self, ada: User, caplog: pytest.LogCaptureFixture) -> None:
        broken, good = draft(ada, "Broken"), draft(ada, "Good")
        wait_no_longer()
        Draft.objects.filter(pk=broken.pk).update(key="k" * 64, media_ids=[2**63 - 1] * 5, due_at=timezone.now())
        with connection.cursor() as cursor:  # what no rule foresees
            cursor.execute("ALTER TABLE post_keys ADD CHECK (key <> repeat('k', 64)) NOT VALID")
        Draft.objects.filter(pk=broken.pk).update(media_ids=[])
        assert services.post_due_drafts() == 1
        assert Tweet.objects.get().text == good.text
        broken.refresh_from_db()
        assert broken.due_at is not None
        assert broken.due_at > timezone.now()
        assert "could not be posted" in caplog.text


@racing
@pytest.mark.parametrize("turn", range(3))
def test_all_at_once_it_is_posted_once_or_taken_back(ada: User, turn: int) -> None:
    drafts = [draft(ada, f"Number {n}", seconds=0) for n in range(4)]
    works: list[Callable[[], object]] = [services.post_due_drafts, services.post_due_drafts]
    for made in drafts:
        works += [
            lambda made=made: services.post_draft(author=ada, draft_id=made.pk),  # type: ignore[misc]
            lambda made=made: services.take_back(author=ada, draft_id=made.pk),  # type: ignore[misc]
        ]
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))
    left = set(Draft.objects.values_list("text", flat=True))
    said = sorted(Tweet.objects.values_list("text", flat=True))
    assert sorted([*left, *said]) == [f"Number {n}" for n in range(4)]


class TestChoosing:
    def test_the_choice_is_kept_beside_others(self, ada: User) -> None:
        assert accounts.undo_send_seconds(ada) == 0
        User.objects.filter(pk=ada.pk).update(preferences={"theme": "dark"})
        assert accounts.choose_undo_send(user=ada, seconds=20) is True
        assert accounts.choose_undo_send(user=ada, seconds=20) is False
        ada = User.objects.get()
        assert ada.preferences == {"theme": "dark", "undo_send_seconds": 20}
        assert accounts.undo_send_seconds(ada) == 20

    @pytest.mark.parametrize("seconds", [-1, 7, 60])
    def test_others_are_refused(self, ada: User, seconds: int) -> None:
        with pytest.raises(ValidationError):
            accounts.choose_undo_send(user=ada, seconds=seconds)
        ada.preferences = {"undo_send_seconds": seconds}
        assert accounts.undo_send_seconds(ada) == 0
