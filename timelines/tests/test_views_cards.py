"""How times, counts and faces read."""

import datetime as dt
import time

import pytest
from django.utils import timezone

from accounts.models import User
from timelines.templatetags.cards import HUES, age, hue, initial, short


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1K"),
        (1_234, "1.2K"),
        (9_999, "9.9K"),
        (10_999, "10K"),
        (999_999, "999K"),
        (1_000_000, "1M"),
        (3_456_789, "3.4M"),
        (2_147_483_647, "2.1B"),
    ],
)
def test_counts_are_cut_to_three_digits(count: int, shown: str) -> None:
    assert short(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-30, "now"), (0, "now"), (59, "now"), (61, "1 m"), (3_599, "59 m"), (3_601, "1 h"), (86_399, "23 h")],
)
def test_short_times_are_relative(seconds: int, shown: str) -> None:
    assert age(time.time() - seconds) == shown


def test_older_times_are_days_with_the_year_when_it_is_another() -> None:
    assert age(dt.datetime(2012, 3, 4, tzinfo=dt.UTC).timestamp()) == "4 Mar 2012"
    today = timezone.now()
    earlier = today - dt.timedelta(days=2)
    year = "" if earlier.year == today.year else f" {earlier.year}"
    assert age(earlier.timestamp()) == f"{earlier.day} {earlier:%b}{year}"


def test_faces_have_a_letter_and_a_colour_that_stay() -> None:
    assert initial(User(username="x", display_name=" émile")) == "É"
    assert initial(User(username="x", display_name="  ")) == "X"
    assert {hue(User(id=n)) for n in range(100)} == {f"hue-{n}" for n in range(HUES)}
