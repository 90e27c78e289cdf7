"""Which ids belong on a home timeline, whoever writes much and whoever writes little."""

from random import Random

import pytest

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from timelines.selectors import followed_ids, home_snapshot
from timelines.store import MAX_ID
from tweets.models import Tweet

pytestmark = pytest.mark.django_db


def _written(authors: list[User], random: Random, count: int) -> list[int]:
    """Ids of posts by authors of whom the first ones write most, a tenth of them deleted; newest first."""
    posts = Tweet.objects.bulk_create(
        [Tweet(author=authors[int(random.random() ** 3 * len(authors))], text=f"{n}") for n in range(count)]
    )
    gone = {post.pk for post in posts if random.random() < 0.1}
    Tweet.objects.filter(pk__in=gone).update(deleted_at="2026-01-01T00:00:00Z")
    return sorted((post.pk for post in posts if post.pk not in gone), reverse=True)


@pytest.mark.parametrize("followees", [0, 1, 3, 30])
def test_the_newest_ids_of_all_followees_and_of_oneself(followees: int) -> None:
    random = Random(followees)
    viewer, stranger, *authors = UserFactory.create_batch(2 + followees)
    for author in authors:
        accounts.follow(follower=viewer, followee=author)
    expected = _written([*authors, viewer], random, 200)
    _written([stranger], random, 20)
    for count in (1, 2, 7, 50, 199, 800):
        assert home_snapshot(viewer.pk, count).ids == expected[:count]
        for place in (0, 3, len(expected) - 5):
            below = expected[place]
            assert followed_ids(viewer.pk, below, count) == expected[place + 1 : place + 1 + count]
    assert followed_ids(viewer.pk, MAX_ID, 800) == expected
    assert followed_ids(viewer.pk, expected[-1], 800) == []


def test_nobody_wrote_anything() -> None:
    [viewer] = UserFactory.create_batch(1)
    assert home_snapshot(viewer.pk, 800).ids == []
