"""The addresses of the pages. `/<username>/` comes last: names that other addresses begin with are reserved."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from timelines.views import (
    bookmarks,
    drafts,
    editing,
    marks,
    pages,
    passing_on,
    posting,
    relating,
    reports,
    search,
    threads,
)


class UsernameConverter(StringConverter):
    regex = "[A-Za-z0-9_]{1,15}"


class TweetIdConverter:
    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        if (tweet_id := int(value)) >= 2**63:
            raise ValueError(value)
        return tweet_id

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(UsernameConverter, "username")
register_converter(TweetIdConverter, "tweet_id")

urlpatterns = [
    path("", pages.home, name="home"),
    path("timeline/new", pages.new_posts, name="new_posts"),
    path("tags/<str:hashtag>/", pages.tagged, name="tag"),
    path("bookmarks/", bookmarks.bookmarks, name="bookmarks"),
    path("bookmarks/folders/", bookmarks.folders, name="bookmark_folders"),
    path("bookmarks/folders/<int:folder_id>/", bookmarks.folder, name="bookmark_folder"),
    path("bookmarks/folders/<int:folder_id>/delete/", bookmarks.delete_folder, name="delete_bookmark_folder"),
    path("bookmarks/restore/", bookmarks.restore, name="restore_bookmark"),
    path("search/", search.search, name="search"),
    path("search/suggest", search.suggest, name="suggest"),
    path("compose/", posting.compose, name="compose"),
    path("drafts/", drafts.drafts, name="drafts"),
    path("drafts/<tweet_id:draft_id>/", drafts.draft, name="draft"),
    path("drafts/<tweet_id:draft_id>/undo/", drafts.undo, name="undo_post"),
    path("drafts/<tweet_id:draft_id>/post/", drafts.post_now, name="post_now"),
    path("drafts/<tweet_id:draft_id>/discard/", drafts.discard, name="discard_draft"),
    path("tweets/<tweet_id:tweet_id>/", threads.tweet, name="tweet"),
    path("tweets/<tweet_id:tweet_id>/reply/", posting.reply, name="reply"),
    path("tweets/<tweet_id:tweet_id>/menu/", passing_on.menu, name="tweet_menu"),
    path("tweets/<tweet_id:tweet_id>/retweet/", passing_on.retweet, name="retweet"),
    path("tweets/<tweet_id:tweet_id>/unretweet/", passing_on.unretweet, name="unretweet"),
    path("tweets/<tweet_id:tweet_id>/quote/", posting.quote, name="quote"),
    path("tweets/<tweet_id:tweet_id>/retweets/", passing_on.retweets, name="retweets"),
    path("tweets/<tweet_id:tweet_id>/quotes/", passing_on.quotes, name="quotes"),
    path("tweets/<tweet_id:tweet_id>/delete/", posting.delete, name="delete"),
    path("tweets/<tweet_id:tweet_id>/edit/", editing.edit, name="edit"),
    path("tweets/<tweet_id:tweet_id>/history/", editing.history, name="history"),
    path("tweets/<tweet_id:tweet_id>/like/", marks.like, name="like"),
    path("tweets/<tweet_id:tweet_id>/unlike/", marks.unlike, name="unlike"),
    path("tweets/<tweet_id:tweet_id>/bookmark/", bookmarks.bookmark, name="bookmark"),
    path("tweets/<tweet_id:tweet_id>/unbookmark/", bookmarks.unbookmark, name="unbookmark"),
    path("tweets/<tweet_id:tweet_id>/bookmark/folder/", bookmarks.file_bookmark, name="file_bookmark"),
    path("tweets/<tweet_id:tweet_id>/report/", reports.report_tweet, name="report_tweet"),
    path("<username:username>/report/", reports.report_person, name="report_person"),
    path("<username:username>/follow/", relating.follow, name="follow"),
    path("<username:username>/unfollow/", relating.unfollow, name="unfollow"),
    path("<username:username>/approve/", relating.approve, name="approve"),
    path("<username:username>/reject/", relating.reject, name="reject"),
    path("<username:username>/remove/", relating.remove, name="remove_follower"),
    path("<username:username>/block/", relating.block, name="block"),
    path("<username:username>/unblock/", relating.unblock, name="unblock"),
    path("<username:username>/mute/", relating.mute, name="mute"),
    path("<username:username>/unmute/", relating.unmute, name="unmute"),
    path("<username:username>/replies/", pages.profile_replies, name="profile_replies"),
    path("<username:username>/likes/", pages.profile_likes, name="profile_likes"),
    path("<username:username>/", pages.profile, name="profile"),
]
