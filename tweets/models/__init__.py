"""What people say and how others mark it."""

from tweets.models.marks import MARK_COUNTERS, Bookmark, BookmarkFolder, Like, Mark
from tweets.models.media import Media
from tweets.models.posts import POST_COUNTERS, Draft, PostKey, Tweet, TweetCounts, TweetVersion
from tweets.models.reports import About, Reason, Report, State

COUNTERS = [*POST_COUNTERS, *MARK_COUNTERS]

__all__ = [
    "COUNTERS",
    "About",
    "Bookmark",
    "BookmarkFolder",
    "Draft",
    "Like",
    "Mark",
    "Media",
    "PostKey",
    "Reason",
    "Report",
    "State",
    "Tweet",
    "TweetCounts",
    "TweetVersion",
]
