from allauth.account import views as account
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from socialgraph import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("api/", include("socialgraph.api_urls")),
    # Of allauth's pages those that this site has templates for; log-in is rate limited by allauth.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("", include("timelines.urls")),
]
if "debug_toolbar" in settings.INSTALLED_APPS:
    urlpatterns.insert(0, path("__debug__/", include("debug_toolbar.urls")))
