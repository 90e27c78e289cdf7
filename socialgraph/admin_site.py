"""The admin behind the site's own log-in page, whose rate limits hold for staff too."""

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse


class Site(AdminSite):
    site_header = site_title = "Socialgraph admin"
    index_title = "Everything that is stored"

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
