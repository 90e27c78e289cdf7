"""The admin behind the site's own log-in page, whose rate limits hold for staff too."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse

APP_NAMES = {"accounts": "People", "account": "E-mail", "knox": "API tokens", "socialgraph": "Infrastructure"}

MODEL_NAMES = {"TweetCounts": "Counts of tweets", "CountDelta": "Ledger of counts", "PostKey": "Idempotency keys"}


class Site(AdminSite):
    site_header = site_title = "Socialgraph admin"
    index_title = "Everything that is stored"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """With names of ours where those of the apps and models say little."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = APP_NAMES.get(app["app_label"], app["name"])
            for model in app["models"]:
                model["name"] = MODEL_NAMES.get(model["object_name"], model["name"])
        return apps

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Asked for by everybody who may not be here: who is logged in already learns nothing."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or reverse("admin:index"), resolve_url("account_login"))
        if not self.has_permission(request):
            raise Http404
        return redirect("admin:index")

    def password_change(  # type: ignore[override]  # the stub knows no other answer than a page
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """The site's own form, which writes no other column and ends other sessions."""
        return redirect("account_change_password")
