"""Everything below /api/. Each app names its own paths; docs/api.md has them all in one table."""

from django.urls import include, re_path

from socialgraph.problems import NoSuchPath

urlpatterns = [
    re_path("", include("timelines.api")),  # with the home timeline, which is asked for most
    re_path("", include("accounts.api")),
    re_path("", include("accounts.api_graph")),
    re_path("", include("tweets.api")),
    re_path("", include("timelines.api_editing")),
    re_path("", include("timelines.api_bookmarks")),
    re_path("", include("timelines.api_reports")),
    re_path("", include("timelines.api_search")),
    re_path("", NoSuchPath.as_view()),
]
