"""Reports to the moderators. Only they see them; the reported person is not told."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from socialgraph.rows import take_lock
from socialgraph.snowflake import first_id_at
from tweets.models import About, Reason, Report, State, Tweet
from tweets.selectors import may_see

TOO_MANY = "too_many"
"""The code of the ValidationError that a later report would not meet."""


@dataclass(frozen=True)
class Reported:
    report: Report
    created: bool
    """False when the same person's open report about the same was changed instead."""


@transaction.atomic
def report_tweet(*, reporter: User, tweet: Tweet, reason: str, comment: str = "") -> Reported:
    """Raises PermissionDenied for a tweet that the reporter cannot see, else ValidationError as `report_person`."""
    take_lock("reports", reporter.pk)
    if not may_see(reporter, tweet.pk):
        raise PermissionDenied("This tweet was deleted, or is not shown to you.")
    about = Report(about=About.TWEET, person=tweet.author, tweet=tweet, text=tweet.text)
    return _report(reporter, about, reason, comment)


@transaction.atomic
def report_person(*, reporter: User, person: User, reason: str, comment: str = "") -> Reported:
    """Anybody's account may be reported, one's own excepted: also by whom the person has blocked.

    Raises PermissionDenied for a closed account, and ValidationError under `reason` or `comment`, or under nothing for
    oneself and, with the code TOO_MANY, above REPORTS_A_DAY_MAX.
    """
    take_lock("reports", reporter.pk)
    if not User.objects.filter(pk=person.pk, is_active=True).exists():
        raise PermissionDenied("This account is closed.")
    return _report(reporter, Report(about=About.PERSON, person=person), reason, comment)


def mark_done(*, report: Report) -> bool:
    """Whether it was open. Whoever reported it may then report the same again."""
    return bool(Report.objects.filter(pk=report.pk, state=State.OPEN).update(state=State.DONE))


def _report(reporter: User, report: Report, reason: str, comment: str) -> Reported:
    """Under the reporter's lock, so that one thing has one open report of theirs and the limit is exact."""
    assert report.person is not None  # nosec B101 # for the type checker
    if report.person.pk == reporter.pk:
        raise ValidationError("You cannot report yourself. What you posted you can delete.")
    report.reporter, report.username = reporter, report.person.username
    report.reason, report.comment = _checked(reason, comment)
    subject = {"tweet": report.tweet} if report.about == About.TWEET else {"person": report.person}
    earlier = Report.objects.filter(reporter=reporter, about=report.about, state=State.OPEN, **subject).first()
    if earlier is not None:
        earlier.reason, earlier.comment = report.reason, report.comment
        earlier.save(update_fields=["reason", "comment"])
        return Reported(earlier, created=False)
    since = first_id_at(timezone.now() - dt.timedelta(days=1))
    if Report.objects.filter(reporter=reporter, pk__gte=since).count() >= settings.REPORTS_A_DAY_MAX:
        told = f"You have sent {settings.REPORTS_A_DAY_MAX} reports since yesterday. Thank you; try again tomorrow."
        raise ValidationError(told, code=TOO_MANY)
    report.save(force_insert=True)
    return Reported(report, created=True)


def _checked(reason: str, comment: str) -> tuple[str, str]:
    wrong: dict[str, str] = {}
    comment = comment.replace("\r\n", "\n").strip()
    if reason not in Reason.values:
        wrong["reason"] = "Choose what is wrong."
    if len(comment) > Report.COMMENT_LENGTH:
        wrong["comment"] = f"The comment is too long: use at most {Report.COMMENT_LENGTH:,} characters."
    elif "\0" in comment:
        wrong["comment"] = "Remove the character U+0000: it cannot be stored."
    if wrong:
        raise ValidationError(wrong)
    return reason, comment
