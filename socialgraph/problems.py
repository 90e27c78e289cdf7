"""Errors of the API as problem details (RFC 9457): one shape for whatever goes wrong below /api/."""

import logging
from http import HTTPStatus
from typing import Any, cast

from django.core import exceptions as django
from django.core.signals import got_request_exception
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.log import log_response
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from rest_framework import views
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from socialgraph.images import CannotStore
from socialgraph.pagination import InvalidCursor

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
GENERAL = ("non_field_errors", "__all__")  # how Django and the REST framework file what is about no single field


class Gone(APIException):
    status_code = HTTPStatus.GONE


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT
    default_detail = "Another request changed the same thing at this moment. Look at it again, then repeat yours."


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."


class Unavailable(APIException):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = "The database does not answer. Try again in a moment."
    wait = 5  # seconds, for Retry-After


class Unexpected(APIException):
    default_detail = "Something broke on our side, and we have a record of it."


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """The REST framework's EXCEPTION_HANDLER; knows every exception, so no HTML page of Django's is ever the answer."""
    known = _known(exc)
    response = cast(Response, views.exception_handler(known or Unexpected(), context))  # None for foreign ones only
    response.data = _problem(response.status_code, response.data)
    response.content_type = CONTENT_TYPE
    if known is None:
        request = context["request"]._request
        got_request_exception.send(sender=None, request=request)
        log_response("%s %s", request.method, request.path, response=response, request=request, exception=exc)
    return response


def _known(exc: Exception) -> Exception | None:
    """The exception as one that the REST framework answers; None for one that should not have happened."""
    match exc:
        case APIException() | django.PermissionDenied() | Http404():
            return exc
        case InvalidCursor():
            return ValidationError({"cursor": "Not a cursor of this site. Leave it out to begin at the first page."})
        case django.ValidationError():
            return ValidationError(exc.message_dict if hasattr(exc, "error_dict") else exc.messages)
        case django.RequestDataTooBig():
            return TooLarge()
        case django.SuspiciousOperation() | django.BadRequest() | UnreadablePostError():
            return ParseError()
        case IntegrityError(__cause__=UniqueViolation() | ForeignKeyViolation()):
            return Conflict()
        case CannotStore():
            logger.error("An image was not stored: %s", exc.__cause__)
            return Unavailable(str(exc))
        case OperationalError() | InterfaceError():
            logger.error("PostgreSQL did not answer: %s", exc)
            return Unavailable()
    return None


def _problem(status: int, data: Any) -> dict[str, Any]:  # the REST framework's details: text, list or dict of them
    problem: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(data, list):
        return {**problem, "detail": " ".join(data)}
    if set(data) == {"detail"}:
        return {**problem, "detail": str(data["detail"])}
    errors = {field: messages if isinstance(messages, list) else [messages] for field, messages in data.items()}
    general = [message for name in GENERAL for message in errors.pop(name, [])]
    problem["detail"] = " ".join(general) or f"Correct {', '.join(errors)}."
    return {**problem, "errors": errors} if errors else problem


class NoSuchPath(views.APIView):
    """What is below /api/ and nothing else: a 404 in JSON, whatever the method."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        hint = " Paths of the API have no slash at the end." if request.path.endswith("/") else ""
        raise NotFound(f"There is nothing at this path.{hint}")
