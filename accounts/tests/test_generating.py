"""Made-up graphs: exact, repeatable, with the shape of a real one, and nobody's names taken."""

from collections import Counter
from random import Random

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts import generating
from accounts.generating import Urn, apportion, generate_graph
from accounts.models import Celebrity, Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import counts


def edges(prefix: str) -> set[tuple[str, str]]:
    """By the numbers of the accounts."""
    named = Follow.objects.filter(follower__username__startswith=prefix)
    pairs = named.values_list("follower__username", "followee__username")
    return {(a.removeprefix(prefix), b.removeprefix(prefix)) for a, b in pairs}


@pytest.mark.django_db
def test_as_many_as_asked_for_each_once_and_nobody_follows_themselves() -> None:
    generate_graph(users=50, follows=700, seed=1)
    assert User.objects.count() == 50
    assert len(edges("g1_")) == Follow.objects.count() == 700
    assert all(a != b for a, b in edges("g1_"))
    assert counts.drift()[1] == []
    user = User.objects.get(username="g1_49")
    assert (user.email, user.last_active_on) == ("g1_49@example.invalid", timezone.now().date())
    assert not user.has_usable_password()


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_graph_under_new_names() -> None:
    for seed in (1, 1, 2):
        generate_graph(users=40, follows=200, seed=seed)
    assert edges("g1_") == edges("g2_") != edges("g3_")


@pytest.mark.django_db
def test_names_of_people_are_left_to_them() -> None:
    UserFactory.create(username="G7_anything")
    UserFactory.create(username="grace")
    assert generate_graph(users=2, follows=1, seed=1).prefix == "g8_"


@pytest.mark.django_db
def test_many_slices_are_one_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    generate_graph(users=20, follows=100, seed=3)
    monkeypatch.setattr(generating, "SLICE", 7)
    generate_graph(users=20, follows=100, seed=3)
    assert edges("g1_") == edges("g2_")
    assert counts.drift()[1] == []


@pytest.mark.django_db
def test_celebrities_are_flagged(settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 50
    made = generate_graph(users=300, follows=3_000, seed=1)
    flagged = User.objects.filter(celebrity=Celebrity.YES)
    assert made.celebrities == flagged.count() == User.objects.filter(follower_count__gte=50).count() > 0


@pytest.mark.django_db
def test_all_follow_the_star_besides(settings: Settings) -> None:
    settings.CELEBRITY_FOLLOWER_COUNT = 60
    generate_graph(users=60, follows=300, seed=1)
    made = generate_graph(users=60, follows=300, seed=1, star=True)
    star = User.objects.get(username="g2_60")
    assert made.celebrities == 1
    assert (star.follower_count, star.following_count, star.celebrity) == (60, 0, Celebrity.YES)
    assert {pair for pair in edges("g2_") if "60" not in pair} == edges("g1_")
    assert len(edges("g2_")) == 360
    assert counts.drift()[1] == []


@pytest.mark.django_db
def test_triggers_count_again_afterwards() -> None:
    generate_graph(users=10, follows=20, seed=1)
    generate_graph(users=5, follows=0, seed=1)
    follow = Follow.objects.order_by("id")[0]
    follow.delete()
    counts.flush()
    assert sum(User.objects.values_list("follower_count", flat=True)) == 19
    assert counts.drift()[1] == []


@pytest.mark.django_db
@pytest.mark.parametrize(("users", "follows"), [(10, 91), (1, 1), (0, 1), (10, -1)])
def test_what_does_not_fit_is_refused(users: int, follows: int) -> None:
    with pytest.raises(ValueError, match="have room for 0 to"):
        generate_graph(users=users, follows=follows, seed=1)
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("users", "follows"), [(10, 90), (3, 0), (0, 0)])
def test_the_extremes_fit(users: int, follows: int) -> None:
    generate_graph(users=users, follows=follows, seed=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM follows)")
        assert cursor.fetchone() == (users, follows)


def test_the_shape_is_that_of_a_real_graph() -> None:
    users, follows = 13_688, 68_328  # the graph that the constants are fitted to: 60 %, 25 %, 2, 46
    pairs = list(generating._edges(Random(1), users, follows))
    followers = sorted(Counter(b for _, b in pairs).values(), reverse=True)
    following = Counter(a for a, _ in pairs)
    made = sorted((following[user] for user in range(users)), reverse=True)
    assert 0.55 < sum(followers[: users // 100]) / follows < 0.68
    assert 0.15 < followers[0] / users < 0.3
    assert made[users // 2] == 2
    assert 35 < made[users // 100] < 60


@pytest.mark.parametrize("count", [0, 1, 24, 26, 99])
def test_distinct_draws(count: int) -> None:
    drawn = Urn(Random(1), 100, exponent=1.2, flattened=3).draw_distinct(count, without=5)
    assert drawn == sorted(set(drawn))
    assert len(drawn) == count
    assert 5 not in drawn


def test_the_popular_are_drawn_first_however_many_are_drawn() -> None:
    urn = Urn(Random(1), 1_000, exponent=1.5, flattened=1)
    popular = set(urn._ranked[:10])
    for count in (100, 400):  # by repeated drawing, and by the lottery
        draws = [popular.intersection(urn.draw_distinct(count)) for _ in range(50)]
        assert sum(map(len, draws)) > 450


@pytest.mark.parametrize(
    ("total", "weights", "most"),
    [(10, [1, 1, 1], 4), (9, [5, 0, 0], 3), (0, [1, 2], 9), (7, [0.1] * 50, 1), (0, [], 1)],
)
def test_apportioned_shares_have_the_sum_and_the_bound(total: int, weights: list[float], most: int) -> None:
    shares = apportion(total, weights, most)
    assert sum(shares) == total
    assert all(0 <= share <= most for share in shares)


def test_apportioned_shares_follow_the_weights() -> None:
    assert list(apportion(100, [1, 2, 3, 4], 100)) == [10, 20, 30, 40]
