"""A closed account: everything of it goes, nothing of others, and counts and timelines stay right."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from knox.models import get_token_model
from pytest_django import Settings

from accounts import moderation
from accounts import services as accounts
from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from accounts.selectors import rows_erased
from accounts.services import erasing as accounts_erasing
from accounts.tests.clients import client_of
from accounts.tests.factories import UserFactory
from socialgraph import counts, events
from socialgraph.models import OutboxEvent
from timelines import checking, erasing, store
from timelines.home import home_page
from timelines.store import Kind
from timelines.tests.site import html, logged_in
from tweets import services as tweets
from tweets.models import Bookmark, BookmarkFolder, Draft, Like, Media, PostKey, Report, Tweet, TweetCounts
from tweets.services import erasing as tweets_erasing
from tweets.tests.images import waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_batches(settings: Settings, tmp_path: Any) -> None:
    settings.ERASE_BATCH, settings.MEDIA_ROOT = 2, tmp_path


def post(author: User, text: str = "Words", **more: Any) -> Tweet:
    return tweets.post_tweet(author=author, text=text, **more).tweet


def image(name: str) -> str:
    """The name of a file that is there."""
    return name if default_storage.exists(name) else default_storage.save(name, ContentFile(b"image"))


def a_full_life() -> tuple[User, User, User]:
    """(who will go, who stays, somebody else): the two have done all that can be done, to each other and themselves."""
    ada, bob, eve = (UserFactory.create(username=name) for name in ("ada", "bob", "eve"))
    for user in (ada, bob, eve):
        for other in (ada, bob, eve):
            if user != other:
                accounts.follow(follower=user, followee=other)
    for author in (ada, bob):
        images = waiting(author, *((image(f"media/{name}.webp"), 1, 1, "") for name in (author.username, "shared")))
        for n in range(5):
            post(author, f"Number {n}", key=f"{n}", media_ids=images if n == 0 else [])
    for tweet in Tweet.objects.all():
        for user in (ada, bob):
            tweets.like(user=user, tweet=tweet)
            tweets.bookmark(user=user, tweet=tweet)
            tweets.retweet(user=user, tweet=tweet)
            answer = tweets.reply(author=user, to=tweet, text="An answer.").tweet
            tweets.reply(author=bob, to=answer, text="An answer to it.")
            post(user, "See", quote_of=tweet)
    own = Tweet.objects.filter(author=ada, retweet_of=None)
    for person in (ada, bob):
        folder = BookmarkFolder.objects.create(user=person, name="Later")
        Bookmark.objects.filter(user=person, pk=Bookmark.objects.filter(user=person).earliest("pk").pk).update(
            folder=folder
        )
        MutedWord.objects.create(user=person, word="word")
        EmailAddress.objects.create(user=person, email=person.email, primary=True)
        client_of(person)
        Draft.objects.create(author=person, text="Soon", reply_to=own.earliest("id"), quote_of=own.latest("id"))
    for one, other in ((ada, eve), (eve, ada)):
        Mute.objects.create(muter=one, muted=other)
        FollowRequest.objects.create(follower=one, followee=other)
        Block.objects.create(blocker=one, blocked=other)
    Report.objects.create(reporter=bob, person=ada, tweet=own.earliest("id"), about="tweet", username="ada", text="N")
    Report.objects.create(reporter=ada, person=bob, about="person", reason="spam", username="bob")
    own.filter(text="Number 1").update(deleted_at="2026-01-01T00:00:00Z")
    User.objects.filter(pk=ada.pk).update(avatar=image("avatars/face.webp"))
    events.drain()
    for viewer in (ada, bob, eve):
        home_page(viewer, before=None, limit=10)
    store.push(Kind.AUTHOR, [ada.pk], 1)
    return ada, bob, eve


def assert_all_is_true() -> None:
    while accounts.flush_counts():
        pass
    assert counts.drift()[1] == []
    assert list(filter(None, checking.differences(checking.viewer_ids(), page_size=7))) == []
    assert_nothing_dangles()
    assert_no_event_waits()


def assert_no_event_waits() -> None:
    waiting = OutboxEvent.objects.filter(done_at=None).values_list("event", "last_error")
    assert list(waiting) == []


def assert_nothing_dangles() -> None:
    """No row names a user or a tweet that is not there, also where no constraint says so."""
    for model, field in references():
        target = field.related_model._meta.db_table
        column, table = field.column, model._meta.db_table
        if field.name == "conversation":
            continue  # it names the place of a root also when that has been erased
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {table} r WHERE r.{column} IS NOT NULL"
                f" AND NOT EXISTS(SELECT 1 FROM {target} t WHERE t.id = r.{column})"
            )
            assert cursor.fetchone() == (0,), f"{table}.{column}"


def references() -> Iterator[tuple[type[models.Model], Any]]:
    """(model, field) of all that points to a user or a tweet."""
    for target in (User, Tweet):
        for relation in target._meta.get_fields(include_hidden=True):
            if isinstance(relation, models.ManyToOneRel | models.OneToOneRel):
                yield relation.related_model, relation.field


def test_everything_of_the_account_goes_and_nothing_of_others() -> None:
    ada, bob, eve = a_full_life()
    quotes = Tweet.objects.filter(author=bob, quote_of__author=ada).count()
    bobs = Tweet.objects.filter(author=bob).exclude(retweet_of__author=ada).count()
    path = Tweet.objects.filter(author=bob, text="An answer to it.", reply_to__author=ada).earliest("id")
    assert moderation.close_account(user=ada)
    assert User.objects.filter(pk=ada.pk, is_active=False).exists()
    events.drain()
    assert set(User.objects.all()) == {bob, eve}
    assert list(Tweet.objects.order_by().values_list("author", flat=True).distinct()) == [bob.pk]
    assert Tweet.objects.count() == TweetCounts.objects.count() == bobs
    assert Tweet.objects.filter(text="See", quote_of=None).count() == quotes
    answer = Tweet.objects.get(pk=path.pk)
    assert answer.reply_to is None
    assert answer.conversation_id == path.conversation_id
    assert bytes(answer.thread_path or b"") == bytes(path.thread_path or b"")
    assert Like.objects.count() == Bookmark.objects.count() == PostKey.objects.count() == 5
    assert Follow.objects.count() == 2
    assert not any(model.objects.exists() for model in (FollowRequest, Block, Mute))
    assert [word.user for word in MutedWord.objects.all()] == [folder.user for folder in BookmarkFolder.objects.all()]
    assert [address.user for address in EmailAddress.objects.all()] == [bob]
    assert [token.user for token in get_token_model().objects.all()] == [bob]
    draft = Draft.objects.get()
    assert (draft.author, draft.reply_to, draft.quote_of, draft.due_at) == (bob, None, None, None)
    assert draft.refusal == "What you answered or quoted was deleted."
    assert_all_is_true()
    bob.refresh_from_db()
    assert (bob.follower_count, bob.following_count, bob.tweet_count) == (1, 1, bobs)


def test_reports_stay_with_what_they_were_about() -> None:
    ada, bob, _ = a_full_life()
    moderation.close_account(user=ada)
    events.drain()
    by_bob, by_ada = Report.objects.order_by("id")
    assert (by_bob.reporter, by_bob.person, by_bob.tweet) == (bob, None, None)
    assert (by_bob.username, by_bob.text) == ("ada", "N")
    assert (by_ada.reporter, by_ada.person, by_ada.username) == (None, bob, "bob")


def test_files_go_unless_somebody_else_shows_them() -> None:
    ada, _, _ = a_full_life()
    moderation.close_account(user=ada)
    events.drain()
    assert sorted(default_storage.listdir("media")[1]) == ["bob.webp", "shared.webp"]
    assert default_storage.listdir("avatars")[1] == []
    assert Media.objects.count() == 2


def test_nothing_of_it_is_left_in_redis() -> None:
    ada, bob, _ = a_full_life()
    store.push(Kind.AUTHOR, [ada.pk], 1)
    moderation.close_account(user=ada)
    events.drain()
    assert store.read(Kind.HOME, [ada.pk, bob.pk])[0] is None
    assert store.read(Kind.AUTHOR, [ada.pk]) == [None]


def test_what_others_wrote_about_it_is_shown_without_links() -> None:
    ada, bob = UserFactory.create(username="ada"), UserFactory.create(username="bob")
    tweet = post(bob, "Thank you, @ada")
    assert tweet.mentions == [ada.pk]
    accounts.follow(follower=ada, followee=bob)
    moderation.close_account(user=ada)
    events.drain()
    assert "@ada" in (page := html(logged_in(bob).get("/")))
    assert 'href="/ada/"' not in page
    newcomer = UserFactory.create(
        username="ada"
    )  # the name is free, and what was said to its owner before is not theirs
    assert 'href="/ada/"' not in html(logged_in(bob).get("/"))
    assert newcomer.pk != ada.pk


def test_an_account_that_was_reactivated_in_time_is_kept() -> None:
    ada, _, _ = a_full_life()
    number = Tweet.objects.filter(author=ada).count()
    moderation.close_account(user=ada)
    moderation.reactivate(user=User.objects.get(pk=ada.pk))
    events.drain()
    assert Tweet.objects.filter(author=ada).count() == number
    # Nor is it erased when it is inactive for another reason by the time that a worker comes.
    OutboxEvent.objects.filter(event="account_closed").update(done_at=None)
    moderation.deactivate(user=User.objects.get(pk=ada.pk))
    events.drain()
    assert Tweet.objects.filter(author=ada).count() == number
    assert_all_is_true()


def test_reactivating_it_meanwhile_keeps_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, _, _ = a_full_life()
    moderation.close_account(user=ada)
    monkeypatch.setattr(erasing, "TURN_SECONDS", 0.0)
    [claimed] = events.claim()
    assert events.handle(claimed)
    assert rows_erased(User.objects.get(pk=ada.pk)) == 2
    moderation.reactivate(user=User.objects.get(pk=ada.pk))
    events.drain()
    assert PostKey.objects.filter(author=ada).count() == 3
    assert Follow.objects.filter(follower=ada).count() == 2
    assert rows_erased(User.objects.get(pk=ada.pk)) is None
    assert_all_is_true()


def test_others_have_their_turn_between_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob, _ = a_full_life()
    monkeypatch.setattr(erasing, "TURN_SECONDS", 0.0)
    moderation.close_account(user=ada)
    post(bob, "In between")
    erased = 0
    for claimed in events.claim():
        assert events.handle(claimed)
        erased += claimed.event == "account_closed"
    assert erased == 1
    assert not OutboxEvent.objects.filter(event="tweet_posted", done_at=None).exists()
    assert User.objects.filter(pk=ada.pk).exists()
    events.drain()
    assert not User.objects.filter(pk=ada.pk).exists()
    assert_all_is_true()


class Killed(BaseException):
    """Nobody handles it, as nobody handles SIGKILL."""


@pytest.mark.parametrize("batches", [5, 40])
def test_a_worker_that_dies_between_two_batches_leaves_the_rest_to_the_next(
    monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    ada, _, _ = a_full_life()
    moderation.close_account(user=ada)
    left = [batches]

    def until_it_dies(*steps: Any) -> Any:
        for gone in steps_of(*steps):
            if not left[0]:
                raise Killed
            left[0] -= 1
            yield gone

    steps_of = erasing._steps
    [claimed] = events.claim()
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_steps", until_it_dies)
        patch.setattr(erasing, "TURN_SECONDS", 600.0)
        with pytest.raises(Killed):
            events.handle(claimed)
    assert User.objects.filter(pk=ada.pk).exists()
    OutboxEvent.objects.filter(pk=claimed.id).update(holder=None, lease_until=None)  # as when the session is gone
    events.drain()
    assert not User.objects.filter(pk=ada.pk).exists()
    assert_all_is_true()


def test_closing_twice_and_handling_twice() -> None:
    ada, _, _ = a_full_life()
    assert moderation.close_account(user=ada)
    assert moderation.close_account(user=ada)
    events.drain()
    assert not moderation.close_account(user=ada)
    OutboxEvent.objects.filter(event="account_closed").update(done_at=None, progress=0)
    events.drain()
    assert_all_is_true()


def test_who_deletes_the_account_is_erased_when_the_days_are_over(settings: Settings) -> None:
    ada, _, _ = a_full_life()
    accounts.leave_for_good(user=ada, password="x")
    events.drain()
    accounts.close_due()
    events.drain()
    assert User.objects.filter(pk=ada.pk).exists()
    assert_all_is_true()
    User.objects.filter(pk=ada.pk).update(preferences={"erase_after": 1})
    accounts.close_due()
    events.drain()
    assert not User.objects.filter(pk=ada.pk).exists()
    assert_all_is_true()


def test_each_step_walks_indexes_and_takes_no_more_than_its_limit() -> None:
    ada, _, _ = a_full_life()
    moderation.close_account(user=ada)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        events.drain()
    done = 0
    changes = ("SELECT id FROM tweets", "DELETE FROM", "UPDATE tweets", "UPDATE drafts", "UPDATE reports", 'UPDATE "')
    for query in {q["sql"] for q in queries.captured_queries if q["sql"].startswith(changes)}:
        if "outbox" in query or "django_" in query or "users_" in query:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")
            cursor.execute(f"EXPLAIN (FORMAT JSON) {query}")
            plan = json.dumps(cursor.fetchone())
            cursor.execute("SET enable_seqscan = on")
        assert "Seq Scan" not in plan, query
        done += 1
    assert done > 20


def test_every_table_that_names_people_or_tweets_is_known_here() -> None:
    """A new one: erase it in batches, or let Django's own cascade do it, and say so here."""
    batched = {(table, column) for table, column in (*accounts_erasing.RELATIONS, *tweets_erasing.OWN)}
    batched |= {(table, "tweet_id") for table in (*tweets_erasing.ON_TWEETS, "reports")}
    batched |= {(table, column) for table in ("tweets", "drafts") for column in ("reply_to_id", "quote_of_id")}
    batched |= {("tweets", "author_id"), ("tweets", "retweet_of_id"), ("media", "owner_id")}
    batched |= {("reports", "reporter_id"), ("reports", "person_id")}
    names_a_place = {("tweets", "conversation_id")}
    few = {("account_emailaddress", "user_id"), ("knox_authtoken", "user_id"), ("django_admin_log", "user_id")}
    few |= {("users_groups", "user_id"), ("users_user_permissions", "user_id")}
    found = {(model._meta.db_table, field.column) for model, field in references()}
    assert found == batched | names_a_place | few


def test_every_reference_has_an_index_for_the_check_at_the_end_of_a_batch() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.confrelid IN ('users'::regclass, 'tweets'::regclass) AND NOT EXISTS("
            "  SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])"
        )
        assert cursor.fetchall() == []
