"""What is looked at once a minute: it finds what is wrong, and nothing where all is right."""

import pytest
from django.db import connection

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from dashboard import survey
from socialgraph import events
from socialgraph.redis import timelines
from timelines.home import home_page
from timelines.store import Kind
from timelines.tests.site import person, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def all_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages the tests before have left in the tables, most of them empty."""
    monkeypatch.setattr(survey, "DRAWN_PAGES", 10**9)


def test_all_is_right() -> None:
    author, reader = person("ada"), person("bob")
    accounts.follow(follower=reader, followee=author)
    post(author)
    found = survey.take()
    assert found["counts"]["value"]["wrong"] == found["timelines"]["value"]["wrong"] == []
    assert found["counts"]["value"]["checked"] == 2 * 3 + 5  # two users' counts and a tweet's
    assert found["timelines"]["value"]["checked"] == 2


def test_a_wrong_count_is_found_whether_folded_or_not() -> None:
    author, reader = person("ada"), person("bob")
    accounts.follow(follower=reader, followee=author)
    assert survey.drifting_counts()["wrong"] == []
    accounts.flush_counts()
    assert survey.drifting_counts()["wrong"] == []
    User.objects.filter(pk=author.pk).update(follower_count=5)
    assert survey.drifting_counts()["wrong"] == [f"follower_count of {author.pk}: 5 instead of 1"]


def test_a_post_that_reached_nobody_is_late_first_and_wrong_when_it_was_called_delivered() -> None:
    author, reader = person("ada"), person("bob")
    accounts.follow(follower=reader, followee=author)
    home_page(reader, limit=10)
    post(author)
    assert survey.drifting_timelines() == {"checked": 2, "wrong": []}
    events.drain()
    assert survey.drifting_timelines() == {"checked": 2, "wrong": []}
    timelines().rpop(Kind.HOME.key(reader.pk))
    assert survey.drifting_timelines()["wrong"] == ["@bob: 1 posts missing or too many"]


def test_top_accounts() -> None:
    people = [person(name) for name in ("ada", "bob", "cy")]
    for follower, followee in ((0, 1), (2, 1), (1, 0)):
        accounts.follow(follower=people[follower], followee=people[followee])
    accounts.flush_counts()
    for author in (0, 0, 2):
        post(people[author])
    assert survey.most_followed() == [("bob", 2), ("ada", 1), ("cy", 0)]
    assert survey.most_posting() == [("ada", 2), ("cy", 1)]


def test_nobody_is_no_drift() -> None:
    assert survey.drifting_counts() == {"checked": 0, "wrong": []}
    assert survey.drifting_timelines() == {"checked": 0, "wrong": []}


def test_a_slow_part_is_given_up_and_the_others_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")

    UserFactory.create()
    monkeypatch.setattr(survey, "SURVEY_MILLISECONDS", 100)
    monkeypatch.setattr(survey, "most_followed", slow)
    found = survey.take()
    assert found["followed"] == {"trouble": "canceling statement due to statement timeout"}
    assert found["counts"]["value"]["checked"] == 3
