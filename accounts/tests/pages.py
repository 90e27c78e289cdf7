"""What account pages answer, and the mail they send."""

import re
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from accounts import services
from accounts.models import User

PASSWORD = "difference engine 1843"
NEW_PASSWORD = "analytical engine 1837"
_LINK = re.compile(r"http://\S+")


class Response(Protocol):
    status_code: int
    headers: Any

    @property
    def content(self) -> bytes: ...


def html(response: Response) -> str:
    return response.content.decode()


def errors(response: Response) -> list[str]:
    """What stands beside the fields."""
    lists = re.findall(r'<ul class="errorlist"[^>]*>(.*?)</ul>', html(response), re.DOTALL)
    return [message for each in lists for message in re.findall(r"<li>(.*?)</li>", each)]


def alert(response: Response) -> str:
    """What the form says first of all."""
    found = re.search(r'<div class="refusal refusals".*?</div>', html(response), re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[0]) if found else ""


def registered(username: str = "ada", **changes: str) -> User:
    return services.register(
        **{"username": username, "email": f"{username}@example.org", "password": PASSWORD, **changes}
    )


def logged_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def the_mail() -> EmailMessage:
    """The one mail that was sent since the last look."""
    (message,) = mail.outbox
    mail.outbox.clear()
    return message


def link_in(message: EmailMessage) -> str:
    """The path of the link."""
    found = _LINK.search(str(message.body))
    assert found is not None
    return urlsplit(found[0]).path
