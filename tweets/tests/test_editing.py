"""Editing: what changes, what is kept, who may, until when; and what two at once do."""

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph.models import OutboxEvent
from tweets.history import versions_of
from tweets.models import Tweet, TweetVersion
from tweets.services import delete_tweet, edit_tweet, post_tweet, retweet
from tweets.tests.images import waiting

pytestmark = pytest.mark.django_db
IMAGES = [("media/a.png", 30, 20, "A cat"), ("media/b.png", 10, 40, "")]


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


@pytest.fixture
def bob() -> User:
    user: User = UserFactory.create(username="bob")
    return user


def post(author: User, text: str = "First", images: Sequence[tuple[str, int, int, str]] = ()) -> Tweet:
    return post_tweet(author=author, text=text, media_ids=waiting(author, *images)).tweet


def made_earlier(tweet: Tweet, minutes: float) -> None:
    Tweet.objects.filter(pk=tweet.pk).update(created_at=timezone.now() - dt.timedelta(minutes=minutes))


class TestAnEdit:
    def test_the_new_text_counts_and_the_old_one_is_kept(self, ada: User, bob: User) -> None:
        tweet = post(ada, "Hello @ada #one")
        assert edit_tweet(tweet=tweet, by=ada, text=" Hello @bob #two\r\n") is True
        now = Tweet.objects.get()
        assert (now.text, now.hashtags, now.mentions, now.version) == ("Hello @bob #two", ["two"], [bob.pk], 2)
        assert now.edited_at is not None
        assert now.created_at == tweet.created_at
        kept = TweetVersion.objects.get()
        assert (kept.version, kept.text, kept.media) == (1, "Hello @ada #one", [])
        assert kept.created_at == now.created_at
        event = OutboxEvent.objects.latest("id")
        assert (event.event, event.payload) == ("tweet_edited", {"tweet_id": tweet.pk, "version": 2})

    def test_search_follows(self, ada: User, bob: User) -> None:
        tweet = post(ada, "Hello @ada #one")
        edit_tweet(tweet=tweet, by=ada, text="Bye @bob #two")
        with connection.cursor() as cursor:
            cursor.execute("SELECT tsvector_to_array(search) FROM tweets")
            lexemes = set(cursor.fetchone()[0])
        assert {"#two", f"@{bob.pk}"} <= lexemes
        assert not {"#one", f"@{ada.pk}"} & lexemes

    def test_each_version_is_kept_with_its_moment(self, ada: User) -> None:
        tweet = post(ada, "1")
        moments = [tweet.created_at]
        for n in range(2, 6):
            assert edit_tweet(tweet=tweet, by=ada, text=str(n))
            edited_at = Tweet.objects.get().edited_at
            assert edited_at is not None
            moments.append(edited_at)
        kept = list(TweetVersion.objects.order_by("version").values_list("version", "text", "created_at"))
        assert kept == [(n, str(n), moments[n - 1]) for n in range(1, 5)]

    def test_nothing_changed_changes_nothing(self, ada: User) -> None:
        tweet = post(ada, "Café", IMAGES)
        assert edit_tweet(tweet=tweet, by=ada, text=" Cafe\u0301 \n") is False
        assert edit_tweet(tweet=tweet, by=ada, text="Café", alts=["A cat ", ""]) is False
        assert Tweet.objects.get().edited_at is None
        assert not TweetVersion.objects.exists()
        assert not OutboxEvent.objects.filter(event="tweet_edited").exists()

    def test_images_are_described_anew(self, ada: User) -> None:
        tweet = post(ada, "Look", IMAGES)
        assert edit_tweet(tweet=tweet, by=ada, text="Look", alts=["A dog", " Its tail "]) is True
        assert [image.alt for image in tweet.media.order_by("position")] == ["A dog", "Its tail"]
        assert TweetVersion.objects.get().media == [
            {"name": "media/a.png", "width": 30, "height": 20, "alt": "A cat"},
            {"name": "media/b.png", "width": 10, "height": 40, "alt": ""},
        ]
        assert edit_tweet(tweet=tweet, by=ada, text="") is True
        assert [image.alt for image in tweet.media.order_by("position")] == ["A dog", "Its tail"]

    def test_a_reply_stays_in_its_place(self, ada: User) -> None:
        root = post(ada)
        reply = post_tweet(author=ada, text="No", reply_to=root).tweet
        edit_tweet(tweet=reply, by=ada, text="Yes")
        now = Tweet.objects.get(pk=reply.pk)
        assert (now.reply_to, now.conversation, bytes(now.thread_path or b"")) == (root, root, reply.thread_path)


class TestRefusals:
    @pytest.mark.parametrize("text", ["", " \n", "x" * 281, "a\x07b", "\u200b"])
    def test_what_cannot_be_posted(self, ada: User, text: str) -> None:
        tweet = post(ada)
        with pytest.raises(ValidationError) as refused:
            edit_tweet(tweet=tweet, by=ada, text=text)
        assert list(refused.value.message_dict) == ["text"]

    @pytest.mark.parametrize("alts", [[], ["one"], ["1", "2", "3"], ["x" * 1001, ""], ["\0", ""]])
    def test_descriptions(self, ada: User, alts: list[str]) -> None:
        tweet = post(ada, "Look", IMAGES)
        with pytest.raises(ValidationError) as refused:
            edit_tweet(tweet=tweet, by=ada, text="New", alts=alts)
        assert list(refused.value.message_dict) == ["alt"]
        assert Tweet.objects.get().version == 1

    def test_others_also_staff(self, ada: User, bob: User) -> None:
        tweet = post(ada)
        bob.is_staff = bob.is_superuser = True
        bob.save()
        with pytest.raises(PermissionDenied, match="Only its author"):
            edit_tweet(tweet=tweet, by=bob, text="Mine")

    def test_a_closed_account(self, ada: User) -> None:
        tweet = post(ada)
        User.objects.filter(pk=ada.pk).update(is_active=False)
        with pytest.raises(PermissionDenied, match="closed"):
            edit_tweet(tweet=tweet, by=ada, text="New")

    def test_a_deleted_tweet(self, ada: User) -> None:
        tweet = post(ada)
        delete_tweet(tweet=tweet, by=ada)
        with pytest.raises(PermissionDenied, match="deleted"):
            edit_tweet(tweet=tweet, by=ada, text="New")
        Tweet.objects.all().delete()
        with pytest.raises(PermissionDenied, match="deleted"):
            edit_tweet(tweet=tweet, by=ada, text="New")

    def test_a_retweet(self, ada: User, bob: User) -> None:
        retweet(user=ada, tweet=post(bob))
        with pytest.raises(PermissionDenied, match="retweet"):
            edit_tweet(tweet=Tweet.objects.get(author=ada), by=ada, text="New")

    @pytest.mark.parametrize(("minutes", "span"), [(60, "1 hour "), (1, "1 minute "), (90, "90 minutes"), (120, "2 h")])
    def test_too_late(self, ada: User, minutes: int, span: str, settings: Settings) -> None:
        settings.EDIT_MINUTES = minutes
        tweet = post(ada)
        made_earlier(tweet, minutes - 0.1)
        assert edit_tweet(tweet=tweet, by=ada, text="In time")
        made_earlier(tweet, minutes + 0.1)
        with pytest.raises(PermissionDenied, match=span):
            edit_tweet(tweet=tweet, by=ada, text="Late")

    def test_often_enough(self, ada: User, settings: Settings) -> None:
        settings.EDITS_MAX = 2
        tweet = post(ada)
        assert edit_tweet(tweet=tweet, by=ada, text="Second")
        assert edit_tweet(tweet=tweet, by=ada, text="Third")
        with pytest.raises(ValidationError, match="2 times"):
            edit_tweet(tweet=tweet, by=ada, text="Fourth")
        assert Tweet.objects.get().version == 3


@pytest.mark.django_db(transaction=True)
def test_edits_at_the_same_moment_take_turns(ada: User) -> None:
    tweet = post(ada, "text 0")
    barrier = Barrier(8)

    def edit(n: int) -> bool:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return edit_tweet(tweet=tweet, by=ada, text=f"text {n}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(edit, range(1, 9)))
    now = Tweet.objects.get()
    kept = TweetVersion.objects.order_by("version")
    assert (now.version, [row.version for row in kept]) == (9, list(range(1, 9)))
    assert {now.text, *(row.text for row in kept)} == {f"text {n}" for n in range(9)}
    assert now.edited_at is not None
    moments = [*(row.created_at for row in kept), now.edited_at]
    assert moments == sorted(moments)


class TestHistory:
    def test_newest_first_with_what_changed(self, ada: User) -> None:
        tweet = post(ada, "The quick fox", IMAGES)
        edit_tweet(tweet=tweet, by=ada, text="The slow fox")
        edit_tweet(tweet=tweet, by=ada, text="The slow fox", alts=["A cat", "A tail"])
        third, second, first = versions_of(Tweet.objects.get())
        assert [version.number for version in (third, second, first)] == [3, 2, 1]
        assert [(piece.kind, piece.text) for piece in second.changes] == [
            *[("same", "The "), ("removed", "quick"), ("added", "slow"), ("same", " fox")]
        ]
        assert not third.is_text_changed
        assert [change.position for change in third.described] == [2]
        assert [(piece.kind, piece.text) for piece in third.described[0].changes] == [("added", "A tail")]
        assert [(piece.kind, piece.text) for piece in first.changes] == [("same", "The quick fox")]
        assert (first.is_first, first.described, first.created_at) == (True, [], tweet.created_at)
        assert [image["alt"] for image in first.images] == ["A cat", ""]
        assert third.is_current
        assert not first.is_current

    def test_of_a_tweet_that_was_never_edited(self, ada: User) -> None:
        [only] = versions_of(post(ada, "Hello"))
        assert (only.number, only.text, only.is_first, only.is_current) == (1, "Hello", True, True)

    @pytest.mark.parametrize("edits", [1, 20])
    def test_queries(self, ada: User, edits: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """The images and the versions."""
        tweet = post(ada, "0", IMAGES)
        for n in range(edits):
            edit_tweet(tweet=tweet, by=ada, text=f"{n + 1}")
        current = Tweet.objects.get()
        with django_assert_num_queries(2):
            assert len(versions_of(current)) == edits + 1
