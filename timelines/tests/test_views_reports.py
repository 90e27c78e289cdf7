"""Reporting on the pages: a form, thanks, and what one can do at once oneself."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services as accounts
from accounts.models import User
from timelines.tests.site import html, logged_in, person, post
from tweets import services
from tweets.models import Reason, Report, Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def bob() -> User:
    return person("bob", display_name="<Bob>")


@pytest.fixture
def tweet(bob: User) -> Tweet:
    return post(bob, "Buy now!")


def test_a_post_and_a_person_are_reported(ada: User, bob: User, tweet: Tweet) -> None:
    client = logged_in(ada)
    for path, about in [
        (reverse("report_tweet", args=[tweet.pk]), "tweet"),
        (reverse("report_person", args=["bob"]), "person"),
    ]:
        form = html(client.get(path))
        assert all(f'value="{reason}"' in form for reason in Reason.values)
        assert "&lt;Bob&gt;" in form
        answer = client.post(path, {"reason": "spam", "comment": "Every day."})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{path}?sent=new")
        thanks = html(client.get(answer.headers["Location"]))
        assert "The moderators have your report" in thanks
        report = Report.objects.latest("id")
        assert (report.about, report.reason, report.comment, report.person) == (about, "spam", "Every day.", bob)
        answer = client.post(path, {"reason": "hate"})
        assert "You had reported this before" in html(client.get(answer.headers["Location"]))
    assert Report.objects.count() == 2


def test_without_a_reason_nothing_is_sent_and_nothing_lost(ada: User, tweet: Tweet) -> None:
    client, path = logged_in(ada), f"/tweets/{tweet.pk}/report/"
    for sent in ({"comment": "Look <here>"}, {"comment": "Look <here>", "reason": "dull"}):
        answer = client.post(path, sent)
        assert answer.status_code == 422
        assert "Choose what is wrong." in html(answer)
        assert "Look &lt;here&gt;" in html(answer)
    answer = client.post(path, {"reason": "spam", "comment": "x" * 1001})
    assert (answer.status_code, "at most 1,000" in html(answer)) == (422, True)
    assert 'value="spam" id="id_reason_0" checked' in html(answer) or "checked" in html(answer)
    assert not Report.objects.exists()


def test_what_one_may_not_see_cannot_be_reported(ada: User, bob: User, tweet: Tweet) -> None:
    client, path = logged_in(ada), f"/tweets/{tweet.pk}/report/"
    accounts.protect(user=bob, protected=True)
    never = client.get("/tweets/1/report/")
    assert never.status_code == client.get(path).status_code == client.post(path, {"reason": "spam"}).status_code == 404
    assert client.get("/nobody/report/").status_code == 404
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert client.get("/bob/report/").status_code == client.post("/bob/report/", {"reason": "spam"}).status_code == 404
    assert not Report.objects.exists()


def test_nobody_reports_themselves(bob: User, tweet: Tweet) -> None:
    client = logged_in(bob)
    for path in (f"/tweets/{tweet.pk}/report/", "/bob/report/"):
        for answer in (client.get(path), client.post(path, {"reason": "spam"})):
            assert (answer.status_code, "cannot report yourself" in html(answer)) == (400, True)
    assert not Report.objects.exists()


def test_visitors_log_in_first(bob: User, tweet: Tweet) -> None:
    for path in (f"/tweets/{tweet.pk}/report/", "/bob/report/"):
        assert Client().get(path).headers["Location"] == f"/accounts/login/?next={path}"
        assert Client().post(path, {"reason": "spam"}).headers["Location"].startswith("/accounts/login/")
    assert not Report.objects.exists()


def test_the_reported_person_sees_nothing_of_it(ada: User, bob: User, tweet: Tweet) -> None:
    client, pages = logged_in(bob), ("/", "/bob/", tweet.get_absolute_url(), "/accounts/profile/")
    before = [html(client.get(page)) for page in pages]
    services.report_tweet(reporter=ada, tweet=tweet, reason="spam", comment="Sneaky")
    services.report_person(reporter=ada, person=bob, reason="spam", comment="Sneaky")
    after = [html(client.get(page)) for page in pages]
    assert [len(page) for page in after] == [len(page) for page in before]
    assert not any("Sneaky" in page for page in after)


def test_too_many_reports_are_told(ada: User, bob: User, tweet: Tweet, settings: object) -> None:
    settings.REPORTS_A_DAY_MAX = 1  # type: ignore[attr-defined]  # pytest-django's fixture
    client = logged_in(ada)
    client.post("/bob/report/", {"reason": "spam"})
    answer = client.post(f"/tweets/{tweet.pk}/report/", {"reason": "spam"})
    assert (answer.status_code, "You have sent 1 reports since yesterday" in html(answer)) == (422, True)
