"""Reports: who may report what, one open one each, what stays of them when the tweet or the person goes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from accounts import services as accounts
from accounts.models import User
from accounts.moderation import deactivate
from accounts.tests.factories import UserFactory
from tweets import services
from tweets.models import About, Report, State, Tweet
from tweets.services import mark_done, report_person, report_tweet
from tweets.services.reporting import TOO_MANY

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def bob() -> User:
    return UserFactory.create(username="bob")


@pytest.fixture
def tweet(bob: User) -> Tweet:
    return services.post_tweet(author=bob, text="Buy now!").tweet


def refusal(call: Callable[[], object]) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        call()
    return refused.value


def test_a_report_keeps_what_it_is_about(ada: User, bob: User, tweet: Tweet) -> None:
    sent = report_tweet(reporter=ada, tweet=tweet, reason="spam", comment=" Again.\r\nAnd again. ")
    report = Report.objects.get()
    assert sent.created
    assert sent.report == report
    assert (report.reporter, report.person, report.tweet, report.about) == (ada, bob, tweet, About.TWEET)
    assert (report.username, report.text, report.state) == ("bob", "Buy now!", State.OPEN)
    assert (report.reason, report.comment) == ("spam", "Again.\nAnd again.")
    sent = report_person(reporter=ada, person=bob, reason="impersonation")
    assert (sent.report.about, sent.report.tweet, sent.report.text, sent.created) == (About.PERSON, None, "", True)


def test_a_second_report_changes_the_open_one(ada: User, bob: User, tweet: Tweet) -> None:
    first = report_tweet(reporter=ada, tweet=tweet, reason="spam", comment="One.")
    second = report_tweet(reporter=ada, tweet=tweet, reason="hate", comment="Two.")
    assert (second.created, second.report) == (False, first.report)
    stored = Report.objects.get()
    assert (stored.reason, stored.comment, stored.created_at) == ("hate", "Two.", first.report.created_at)
    assert report_person(reporter=ada, person=bob, reason="spam").created
    assert not report_person(reporter=ada, person=bob, reason="other").created
    assert report_tweet(reporter=UserFactory.create(), tweet=tweet, reason="spam").created
    assert Report.objects.count() == 3


def test_what_is_dealt_with_can_be_reported_anew(ada: User, tweet: Tweet) -> None:
    report = report_tweet(reporter=ada, tweet=tweet, reason="spam").report
    assert mark_done(report=report)
    assert not mark_done(report=report)
    assert report_tweet(reporter=ada, tweet=tweet, reason="spam").created
    assert sorted(Report.objects.values_list("state", flat=True)) == [State.DONE, State.OPEN]


def test_a_reason_is_needed_and_a_comment_may_be_so_long(ada: User, bob: User) -> None:
    refused = refusal(lambda: report_person(reporter=ada, person=bob, reason="", comment="x" * 1001))
    assert refused.message_dict == {
        "reason": ["Choose what is wrong."],
        "comment": ["The comment is too long: use at most 1,000 characters."],
    }
    assert (
        "U+0000"
        in refusal(lambda: report_person(reporter=ada, person=bob, reason="spam", comment="\0")).message_dict[
            "comment"
        ][0]
    )
    assert report_person(reporter=ada, person=bob, reason="spam", comment="x" * 1000).created


def test_nobody_reports_themselves(bob: User, tweet: Tweet) -> None:
    for call in (
        lambda: report_person(reporter=bob, person=bob, reason="spam"),
        lambda: report_tweet(reporter=bob, tweet=tweet, reason="spam"),
    ):
        assert "cannot report yourself" in refusal(call).messages[0]
    assert not Report.objects.exists()


def test_a_tweet_one_may_not_see_is_not_reported(ada: User, bob: User, tweet: Tweet) -> None:
    accounts.block(blocker=bob, blocked=ada)
    with pytest.raises(PermissionDenied):
        report_tweet(reporter=ada, tweet=tweet, reason="spam")
    accounts.unblock(blocker=bob, blocked=ada)
    accounts.protect(user=bob, protected=True)
    with pytest.raises(PermissionDenied):
        report_tweet(reporter=ada, tweet=tweet, reason="spam")
    services.delete_tweet(tweet=tweet, by=bob)
    with pytest.raises(PermissionDenied):
        report_tweet(reporter=ada, tweet=tweet, reason="spam")
    assert not Report.objects.exists()


def test_whoever_blocks_others_can_still_be_reported_by_them(ada: User, bob: User) -> None:
    accounts.block(blocker=bob, blocked=ada)
    assert report_person(reporter=ada, person=bob, reason="harassment").created
    deactivate(user=bob)
    with pytest.raises(PermissionDenied):
        report_person(reporter=ada, person=bob, reason="harassment")


def test_so_many_a_day(ada: User, bob: User, settings: object) -> None:
    settings.REPORTS_A_DAY_MAX = 2  # type: ignore[attr-defined]  # pytest-django's fixture
    for _ in range(2):
        report_person(reporter=ada, person=UserFactory.create(), reason="spam")
    refused = refusal(lambda: report_person(reporter=ada, person=bob, reason="spam"))
    assert refused.code == TOO_MANY
    assert "2 reports since yesterday" in refused.messages[0]
    known = Report.objects.first()
    assert known is not None
    assert known.person is not None
    assert not report_person(reporter=ada, person=known.person, reason="hate").created
    assert report_person(reporter=UserFactory.create(), person=bob, reason="spam").created


@pytest.mark.parametrize("goes", ["tweet", "person", "reporter"])
def test_a_report_outlives_what_it_names(ada: User, bob: User, tweet: Tweet, goes: str) -> None:
    report_tweet(reporter=ada, tweet=tweet, reason="spam")
    report_person(reporter=ada, person=bob, reason="spam")
    {"tweet": tweet, "person": bob, "reporter": ada}[goes].delete()
    of_tweet, of_person = Report.objects.order_by("pk")
    assert (of_tweet.username, of_tweet.text, of_person.username) == ("bob", "Buy now!", "bob")
    assert (of_tweet.tweet is None) == (goes != "reporter")
    assert (of_tweet.person is None, of_person.person is None) == (goes == "person",) * 2
    assert (of_tweet.reporter is None, of_person.reporter is None) == (goes == "reporter",) * 2


@pytest.mark.django_db(transaction=True)
def test_the_same_report_many_times_at_once() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()

    def send(n: int) -> bool:
        try:
            return report_person(reporter=ada, person=bob, reason="spam", comment=f"{n}").created
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(12))) == 1
    assert Report.objects.count() == 1
