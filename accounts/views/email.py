"""The address that mail goes to: whether it is known to be its owner's, and how it is changed."""

from typing import cast

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.models import EmailAddress
from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import EmailForm
from accounts.models import User
from accounts.services import forget_email_wish


@never_cache
@sensitive_post_parameters("password")
@login_required
@rate_limit(action="manage_email")  # type: ignore[untyped-decorator]  # the library is untyped
def address(request: HttpRequest) -> HttpResponse:
    """The page, and its three buttons, which send what they are for as `do`."""
    user = cast(User, request.user)
    if request.method != "POST":
        return _page(request, EmailForm(user=user))
    match request.POST.get("do"):
        case "resend":
            _resend(request, user)
        case "forget":
            if forget_email_wish(user=user):
                messages.success(request, "Your address stays as it is.")
        case _:
            form = EmailForm(request.POST, user=user)
            if not _change(request, form):
                return _page(request, form, status=422)
    return redirect("account_email")


def _change(request: HttpRequest, form: EmailForm) -> bool:
    if not form.is_valid():
        return False
    try:
        _send(request, form.save())
    except ValidationError as error:
        form.refuse(error)
        return False
    return True


def _resend(request: HttpRequest, user: User) -> None:
    """To the new address if there is one, else to the user's own, unless that is confirmed."""
    waiting = _addresses(user)
    to = waiting["wished"] or waiting["own"]
    if to is not None and not to.verified:
        _send(request, to)


def _send(request: HttpRequest, address: EmailAddress) -> None:
    """allauth says that the link was sent. The link before is still good when another one is asked for too soon."""
    if not send_verification_email_to_address(request, address):
        messages.info(request, f"A link went to {address.email} minutes ago. Look for it, also among the spam.")


def _addresses(user: User) -> dict[str, EmailAddress | None]:
    """The user's own address, and the one that shall replace it; two queries, one more for a new account."""
    sync_user_email_address(user)
    addresses = list(EmailAddress.objects.filter(user=user).order_by("pk"))
    own = next((address for address in addresses if address.email == user.email.lower()), None)
    return {"own": own, "wished": next((address for address in addresses if address != own), None)}


def _page(request: HttpRequest, form: EmailForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, **_addresses(cast(User, request.user))}
    return render(request, "account/email.html", context, status=status)
