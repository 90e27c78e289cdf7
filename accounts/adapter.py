"""What allauth does is done by this site's services and said in its words."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as current
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import services
from accounts.models import User
from accounts.selectors import erased_after

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library is untyped
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The e-mail address and the password do not belong together.",
        "username_password_mismatch": "The user name and the password do not belong together.",
        "too_many_login_attempts": "Too many failed login attempts. Wait five minutes or ask for a new password.",
        "enter_current_password": "This is not your password.",
        "email_taken": "This e-mail address is in use.",
    }

    def pre_login(self, request: HttpRequest, user: User, **hints: Any) -> HttpResponse | None:
        """Who has left comes back by logging in; an account that staff closed gets the library's page for it."""
        will_erase = erased_after(user)
        if not user.is_active and services.come_back(user=user):
            words = "Welcome back. Your account is as you left it."
            if will_erase:
                words += " It will not be deleted."
            messages.success(request, words)
        response: HttpResponse | None = super().pre_login(request, user, **hints)
        return response

    def set_password(self, user: User, password: str) -> None:
        services.change_password(user=user, password=password)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Also refused when another account took the address while the link was on its way."""
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            failed = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, failed, {"email": email_address.email})
            return False

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("account_email" if self.request.user.is_authenticated else "account_login")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer stops nobody; it is said, and the same for known and unknown addresses."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.error("%s was not sent: %s", template_prefix, error)
            words = "Our mail does not go out at the moment. Ask for it again in a few minutes."
            messages.add_message(current.request, messages.ERROR, words)
