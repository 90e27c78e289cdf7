from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from socialgraph import crawlers, health, media
from timelines.views.home import home

handler500 = "socialgraph.outage.server_error"
# What is asked for most comes first: one address after the other is compared with the request's.
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("api/", include("socialgraph.api_urls")),
    path("health", health.health, name="health"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("favicon.ico", crawlers.favicon, name="favicon"),
    path("admin/", admin.site.urls),
    re_path(rf"^media/{media.NAME}$", media.image, name="media"),
    path("dashboard/", include("dashboard.urls")),
    path("", include("accounts.urls")),
    path("", include("timelines.urls")),
]
if "debug_toolbar" in settings.INSTALLED_APPS:
    urlpatterns.insert(0, path("__debug__/", include("debug_toolbar.urls")))
