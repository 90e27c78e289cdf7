from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.forms import PostingForm, ProfileForm
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
    return _page(request, form, PostingForm.of(user), status=422 if form.errors else 200)


@never_cache
@login_required
def posting(request: HttpRequest) -> HttpResponse:
    """How long what the user posts waits, as one may still undo it. Its form stands on the page of the profile."""
    user = cast(User, request.user)
    if request.method == "POST":
        form = PostingForm(request.POST)
        if not form.is_valid():
            return _page(request, ProfileForm.of(user), form, status=422)
        changed = form.save(user)
        messages.success(request, "Your choice is saved." if changed else "Nothing was changed.")
    return redirect(f"{reverse('edit_profile')}#posting")


def _page(request: HttpRequest, form: ProfileForm, posting_form: PostingForm, *, status: int) -> HttpResponse:
    return render(request, "accounts/profile.html", {"form": form, "posting_form": posting_form}, status=status)
