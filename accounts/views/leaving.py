"""Leaving the site: putting the account away, or deleting it."""

from typing import cast

from allauth.account.adapter import get_adapter
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import DeleteAccountForm, LeaveForm
from accounts.models import User
from accounts.selectors import erased_after


@never_cache
@sensitive_post_parameters("password", "delete-password")
@login_required
@rate_limit(action="reauthenticate")  # type: ignore[untyped-decorator]  # the library is untyped
def leave(request: HttpRequest) -> HttpResponse:
    """The page, and its two buttons, which send what they are for as `do`."""
    user = cast(User, request.user)
    do = request.POST.get("do")
    away = LeaveForm(request.POST if do == "leave" else None, user=user)
    gone = DeleteAccountForm(request.POST if do == "delete" else None, user=user, prefix="delete")
    for form in (away, gone):
        if form.is_valid():
            form.save()
            return _goodbye(request, user, is_deleted=form is gone)
    context = {"away": away, "gone": gone, "form": gone if gone.errors else away, "days": settings.DELETION_DAYS}
    return render(request, "accounts/leave.html", context, status=422 if away.errors or gone.errors else 200)


def _goodbye(request: HttpRequest, user: User, *, is_deleted: bool) -> HttpResponse:
    """Mail what was done, and end this session as all others have ended."""
    erased = erased_after(user)
    about = {"user": user, "erased": erased, "is_deleted": is_deleted}
    get_adapter().send_notification_mail("account/email/left", user, about, email=user.email)
    logout(request)
    if erased:
        words = (
            f"Your account is hidden, and is deleted on {date_format(erased, 'j F Y')}. If you log in before, it stays."
        )
    elif is_deleted:
        words = "Your account is closed and is being deleted."
    else:
        words = "Your account is hidden. Log in when you want it back."
    messages.success(request, words)
    return redirect("home")
