"""Reports to the moderators: sent here, and read by nobody but them."""

import datetime as dt
from typing import Any, TypedDict

from django.core import exceptions as django
from django.urls import path
from rest_framework import serializers, status
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import caller
from accounts.models import User
from accounts.serializers import StrictTextField
from timelines.serializers import IdField
from tweets.models import Report, Tweet
from tweets.services import Reported, report_person, report_tweet
from tweets.services.reporting import TOO_MANY

NOT_THERE = "There is nothing of this id, or it is not shown to you."


class NewReport(serializers.Serializer[Report]):
    """About a tweet or about a user, not both. The services know the rest."""

    tweet = IdField(default=None, allow_null=True)
    user = IdField(default=None, allow_null=True)
    reason = StrictTextField()
    comment = StrictTextField(default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["tweet"] is None) == (attrs["user"] is None):
            raise ValidationError("Name what you report: a tweet or a user.")
        return attrs


class ReportJson(TypedDict):
    id: str
    about: str
    reason: str
    comment: str
    created_at: dt.datetime


class Reports(APIView):
    permission_classes = (IsAuthenticated,)

    def post(self, request: Request) -> Response:
        """201; 200 when it changed the caller's open report about the same."""
        new = NewReport(data=request.data)
        new.is_valid(raise_exception=True)
        try:
            reported = _send(caller(request), **new.validated_data)
        except django.ValidationError as error:
            if getattr(error, "code", None) == TOO_MANY:
                raise Throttled(detail=" ".join(error.messages)) from error
            raise
        report = reported.report
        answer: ReportJson = {
            "id": str(report.pk),
            "about": report.about,
            "reason": report.reason,
            "comment": report.comment,
            "created_at": report.created_at,
        }
        return Response(answer, status=status.HTTP_201_CREATED if reported.created else status.HTTP_200_OK)


def _send(reporter: User, *, tweet: int | None, user: int | None, reason: str, comment: str) -> Reported:
    """What never was, what is gone and what is hidden are the same refusal."""
    words = {"reason": reason, "comment": comment}
    try:
        if tweet is not None:
            found = Tweet.objects.filter(pk=tweet).select_related("author").get()
            return report_tweet(reporter=reporter, tweet=found, **words)
        return report_person(reporter=reporter, person=User.objects.get(pk=user or 0), **words)
    except (Tweet.DoesNotExist, User.DoesNotExist, django.PermissionDenied) as error:
        raise ValidationError({"user" if tweet is None else "tweet": [NOT_THERE]}) from error


urlpatterns = [path("reports", Reports.as_view())]
