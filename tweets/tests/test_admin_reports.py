"""Reports in the admin: found, read, marked as dealt with; folders without their names."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from tweets import services
from tweets.models import Bookmark, BookmarkFolder, Report, State, Tweet

pytestmark = pytest.mark.django_db
REPORTS = "/admin/tweets/report/"
FOLDERS = "/admin/tweets/bookmarkfolder/"


def staff(*permissions: str) -> Client:
    user: User = UserFactory.create(is_staff=True, is_superuser=not permissions)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def tweet() -> Tweet:
    return services.post_tweet(author=UserFactory.create(username="bob"), text="Buy now!").tweet


@pytest.fixture
def report(tweet: Tweet) -> Report:
    ada = UserFactory.create(username="ada")
    return services.report_tweet(reporter=ada, tweet=tweet, reason="spam", comment="<b>Every day.").report


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_moderators_read_and_find_reports(report: Report, tweet: Tweet) -> None:
    client = staff()
    listed = page(client, REPORTS)
    assert f'<a href="/tweets/{tweet.pk}/">tweet of @bob</a>' in listed
    assert "&lt;b&gt;Every day." in listed
    for query, is_found in [
        ("state__exact=open", True),
        ("state__exact=done", False),
        ("reason__exact=spam", True),
        ("reason__exact=hate", False),
        ("about__exact=tweet", True),
        ("q=@bob", True),
        ("q=ada", True),
        (f"q={tweet.pk}", True),
        (f"q={report.pk}", True),
        ("q=carol", False),
    ]:
        assert (f"{REPORTS}{report.pk}/change/" in page(client, f"{REPORTS}?{query}")) is is_found, query
    shown = page(client, f"{REPORTS}{report.pk}/change/")
    assert "Buy now!" in shown
    assert f"/admin/accounts/user/{tweet.author_id}/change/" in shown
    assert 'name="comment"' not in shown


def test_what_is_gone_is_named_as_it_was(report: Report, tweet: Tweet) -> None:
    client = staff()
    services.delete_tweet(tweet=tweet, by=tweet.author)
    assert "deleted tweet of @bob" in page(client, REPORTS)
    about_bob = services.report_person(reporter=UserFactory.create(), person=tweet.author, reason="hate").report
    tweet.author.delete()
    listed = page(client, REPORTS)
    assert "@bob, who is gone" in listed
    assert "deleted tweet of @bob" in listed
    assert "@bob, who is gone" in page(client, f"{REPORTS}{about_bob.pk}/change/")


def test_a_report_is_marked_as_dealt_with_and_nothing_else(report: Report) -> None:
    sent = {"action": "mark_done", "_selected_action": [str(report.pk)]}
    reader = staff("view_report")
    assert f"{report.pk}" in page(reader, REPORTS)
    reader.post(REPORTS, sent)
    assert Report.objects.get().state == State.OPEN
    moderator = staff("view_report", "change_report")
    moderator.post(f"{REPORTS}{report.pk}/change/", {"state": "done", "comment": "Changed"})
    moderator.post(f"{REPORTS}{report.pk}/delete/", {"post": "yes"})
    assert Report.objects.get().comment == "<b>Every day."
    assert Report.objects.get().state == State.OPEN
    answer = moderator.post(REPORTS, sent, follow=True)
    assert "Marked 1 report as dealt with." in answer.content.decode()
    assert Report.objects.get().state == State.DONE
    assert LogEntry.objects.get().get_change_message() == "Dealt with."
    moderator.post(REPORTS, sent)
    assert LogEntry.objects.count() == 1


def test_folders_go_by_the_service_and_show_no_names(tweet: Tweet) -> None:
    ada = UserFactory.create(username="ada")
    folder = services.create_folder(user=ada, name="Secret plan")
    services.file_bookmark(user=ada, tweet=tweet, folder=folder)
    client = staff()
    bookmark = Bookmark.objects.get()
    for path in (
        f"{FOLDERS}?q=@ada",
        f"{FOLDERS}{folder.pk}/change/",
        f"{FOLDERS}{folder.pk}/delete/",
        f"/admin/tweets/bookmark/{bookmark.pk}/change/",
    ):
        assert "Secret" not in page(client, path), path
    client.post(f"{FOLDERS}{folder.pk}/delete/", {"post": "yes"})
    assert not BookmarkFolder.objects.exists()
    assert Bookmark.objects.get().folder is None
    assert "Secret" not in str(list(LogEntry.objects.values()))
