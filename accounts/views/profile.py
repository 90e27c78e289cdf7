from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts.forms import ProfileForm
from accounts.models import User


@never_cache
@login_required
def edit(request: HttpRequest) -> HttpResponse:
    """What others see of the user. What is refused comes back as it was typed, but for the file."""
    user = cast(User, request.user)
    form = ProfileForm(request.POST, request.FILES) if request.method == "POST" else ProfileForm.of(user)
    if form.is_valid():
        try:
            changed = form.save(user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, "Your profile is saved." if changed else "Nothing was changed.")
            return redirect("edit_profile")
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)
