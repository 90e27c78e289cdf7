"""The tree below a tweet and the chain above it: what is where, for whom, and at what cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph.pagination import InvalidCursor
from tweets import services
from tweets.conversations import ERASED, above, below, gone, muting, path_of_cursor, stands_within, with_gaps
from tweets.models import Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(username="ada")
    return user


@pytest.fixture
def shy() -> User:
    user: User = UserFactory.create(username="shy", protected=True)
    return user


def post(author: User, to: Tweet | None = None) -> Tweet:
    return services.post_tweet(author=author, text="x", reply_to=to).tweet


def chain(author: User, root: Tweet, length: int) -> list[Tweet]:
    made = [root]
    for _ in range(length):
        made.append(post(author, made[-1]))
    return made[1:]


def tree(tweet: Tweet, viewer: User | None, after: bytes | None = None, limit: int = 100) -> list[tuple[int, int, str]]:
    nodes = list(with_gaps(tweet, below(tweet, viewer, after=after, limit=limit), after=after))
    return [(node.id, node.parent_id, node.state.value) for node in nodes]


def test_a_tree_is_read_depth_first(ada: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    root = post(ada)
    a, b = post(ada, root), post(ada, root)
    b1, a1, a2 = post(ada, b), post(ada, a), post(ada, a)
    a11 = post(ada, a1)
    post(ada, post(ada))
    with django_assert_num_queries(1):
        nodes = below(root, None, after=None, limit=100)
    assert [node.id for node in nodes] == [t.pk for t in (a, a1, a11, a2, b, b1)]
    assert [node.parent_id for node in nodes] == [t.pk for t in (root, a, a1, a, root, b)]
    assert [node.id for node in below(a, None, after=None, limit=100)] == [t.pk for t in (a1, a11, a2)]
    assert below(b1, None, after=None, limit=100) == []


def test_pages_go_on_behind_a_path(ada: User) -> None:
    root = post(ada)
    a = post(ada, root)
    rows = [a, *chain(ada, a, 3), post(ada, root)]
    ids: list[int] = []
    after = None
    for _ in rows:
        [node] = below(root, None, after=after, limit=1)
        ids.append(node.id)
        after = path_of_cursor(root, node.id)
    assert ids == [row.pk for row in rows]
    assert below(root, None, after=after, limit=1) == []


def test_a_cursor_is_of_a_place_below(ada: User) -> None:
    root = post(ada)
    a, b = post(ada, root), post(ada, root)
    a1 = post(ada, a)
    assert path_of_cursor(a, a1.pk) == a1.thread_path
    for tweet, cursor in [(a, a.pk), (a, b.pk), (a, root.pk), (root, post(ada).pk), (root, 1), (root, root.pk)]:
        with pytest.raises(InvalidCursor):
            path_of_cursor(tweet, cursor)


def test_deleted_places_stay_and_hidden_ones_only_above_something(ada: User, shy: User) -> None:
    accounts.follow(follower=ada, followee=shy)
    accounts.approve_request(followee=shy, follower=ada)
    root = post(ada)
    hidden, unanswered, deleted = post(shy, root), post(shy, root), post(ada, root)
    middle = post(shy, hidden)
    under = post(ada, middle)
    services.delete_tweet(tweet=deleted, by=ada)
    deleted_by_shy = post(shy, root)
    services.delete_tweet(tweet=deleted_by_shy, by=shy)
    assert tree(root, None) == [
        (hidden.pk, root.pk, "hidden"),
        (middle.pk, hidden.pk, "hidden"),
        (under.pk, middle.pk, "shown"),
        (deleted.pk, root.pk, "deleted"),
    ]
    for viewer in (shy, ada):
        seen = [row[0] for row in tree(root, viewer)]
        assert seen == [t.pk for t in (hidden, middle, under, unanswered, deleted, deleted_by_shy)]
    after = path_of_cursor(root, under.pk)
    assert tree(root, None, after) == [(deleted.pk, root.pk, "deleted")]


@pytest.mark.parametrize("direction", ["blocks", "is blocked"])
def test_a_block_hides_either_way(ada: User, direction: str) -> None:
    bob: User = UserFactory.create()
    root = post(ada)
    of_bob = post(bob, root)
    under = post(ada, of_bob)
    carol: User = UserFactory.create()
    accounts.block(blocker=carol if direction == "blocks" else bob, blocked=bob if direction == "blocks" else carol)
    assert tree(root, carol) == [(of_bob.pk, root.pk, "hidden"), (under.pk, of_bob.pk, "shown")]
    assert tree(of_bob, None) == [(under.pk, of_bob.pk, "shown")]


def test_an_erased_place_leaves_a_gap_and_an_erased_root_its_conversation(ada: User) -> None:
    bob: User = UserFactory.create()
    root = post(bob)
    first = post(ada, root)
    middle = post(bob, first)
    last = post(ada, middle)
    Tweet.objects.filter(author=bob).delete()
    last.refresh_from_db()
    assert last.reply_to_id is None
    erased = gone(None, root.pk)
    assert erased is not None
    assert erased.author_id is None
    assert tree(erased, None) == [
        (first.pk, root.pk, "shown"),
        (middle.pk, first.pk, "hidden"),
        (last.pk, middle.pk, "shown"),
    ]
    assert above(last, limit=20).ids == [root.pk, first.pk, middle.pk]
    assert gone(None, middle.pk) is None
    assert gone(None, 1) is None


def test_a_deleted_tweet_is_known_to_those_who_may_see_its_author(ada: User, shy: User) -> None:
    tweet, secret = post(ada), post(shy)
    assert gone(None, tweet.pk) is None
    services.delete_tweet(tweet=tweet, by=ada)
    services.delete_tweet(tweet=secret, by=shy)
    assert gone(None, tweet.pk) == tweet
    assert gone(ada, secret.pk) is None
    assert gone(shy, secret.pk) == secret


def test_above_stands_the_whole_chain_or_its_ends(ada: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    root = post(ada)
    made = chain(ada, root, 25)
    with django_assert_num_queries(0):
        assert above(root, limit=20).ids == []
        assert above(made[18], limit=20).ids == [root.pk, *(t.pk for t in made[:18])]
        long = above(made[24], limit=20)
    assert long.ids == [root.pk, *(t.pk for t in made[5:24])]
    assert long.skipped == 5


def test_above_on_the_last_level(
    ada: User, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.THREAD_LEVELS = 4
    root = post(ada)
    made = chain(ada, root, 12)
    with django_assert_num_queries(1):
        assert above(made[11], limit=20).ids == [root.pk, *(t.pk for t in made[:11])]
    assert above(made[6], limit=5).skipped == 2
    far = above(made[11], limit=5)
    assert far.ids == [root.pk, *(t.pk for t in made[7:11])]
    assert far.skipped is None
    made[9].delete()
    made[11].refresh_from_db()
    assert above(made[11], limit=20).ids == [root.pk, *(t.pk for t in made[:3]), ERASED, made[10].pk]


def test_the_last_level_goes_on_and_knows_whom_each_answers(ada: User, settings: Settings) -> None:
    settings.THREAD_LEVELS = 3
    root = post(ada)
    one, two, three, four = chain(ada, root, 4)
    other = post(ada, three)
    later = post(ada, one)
    assert [row[:2] for row in tree(root, None)] == [
        (one.pk, root.pk),
        (two.pk, one.pk),
        (three.pk, two.pk),
        (four.pk, three.pk),
        (other.pk, three.pk),
        (later.pk, one.pk),
    ]
    assert [row[0] for row in tree(three, None)] == [four.pk, other.pk]
    assert [row[0] for row in tree(four, None)] == [other.pk]


def test_whether_a_reply_is_on_the_first_page(ada: User) -> None:
    root = post(ada)
    for _ in range(2):
        post(ada, root)
    last = post(ada, root)
    assert stands_within(last, root, 3)
    assert not stands_within(last, root, 2)


def test_what_is_muted(ada: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    bob: User = UserFactory.create()
    accounts.mute(muter=ada, muted=bob)
    accounts.mute_word(user=ada, word="Tea")
    with django_assert_num_queries(1):
        found = muting(ada, [ada.pk, bob.pk])
    assert (found.author_ids, found.words) == (frozenset({bob.pk}), ("tea",))
    assert muting(None, [bob.pk]).author_ids == frozenset()


def _full(ada: User) -> Tweet:
    """A star of 3,000 in the midst of 3,000 other tweets."""
    root = post(ada)
    Tweet.objects.bulk_create(Tweet(author=ada, text="y") for _ in range(3_000))
    stars = Tweet.objects.bulk_create(Tweet(author=ada, text="x") for _ in range(3_000))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tweets SET reply_to_id = %s, conversation_id = %s, thread_path = int8send(id) WHERE id = ANY(%s)",
            [root.pk, root.pk, [star.pk for star in stars]],
        )
        cursor.execute("ANALYZE users, tweets")
    return root


@pytest.mark.parametrize("is_member", [True, False])
def test_a_page_is_one_walk_along_the_index_that_touches_no_more_than_the_page(ada: User, is_member: bool) -> None:
    root = _full(ada)
    viewer = UserFactory.create() if is_member else None
    middle = Tweet.objects.filter(conversation=root).order_by("thread_path")[1_500]
    for after in (None, bytes(middle.thread_path or b"")):
        with CaptureQueriesContext(connection) as seen:
            assert len(below(root, viewer, after=after, limit=41)) == 41
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {seen[0]['sql']}")
            [[explained]] = cursor.fetchone()
        plan = explained["Plan"]
        assert plan["Node Type"] == "Limit"
        [scan] = plan["Plans"]
        assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "tweets_thread")
        assert scan["Actual Rows"] == 41
        assert scan.get("Rows Removed by Filter", 0) == 0
        for subplan in scan["Plans"]:
            assert subplan["Actual Loops"] <= 41
