"""Writes to tweets. Each is one transaction and says whether it changed anything."""

from tweets.services.drafts import (
    discard_draft,
    draft_post,
    forget_draft,
    post_draft,
    post_due_drafts,
    take_back,
)
from tweets.services.editing import edit_tweet, edit_window, editable_until, why_not_edit
from tweets.services.folders import create_folder, delete_folder, file_bookmark, rename_folder, restore_bookmark
from tweets.services.marking import bookmark, like, unbookmark, unlike
from tweets.services.media import (
    delete_file,
    describe,
    discard,
    make_preview,
    prune_media,
    remove_media_of_owner,
    remove_media_of_tweet,
    upload,
)
from tweets.services.posting import (
    Posted,
    align_protection,
    delete_retweets,
    delete_tweet,
    post_tweet,
    prune_post_keys,
    reply,
    retweet,
    unretweet,
)
from tweets.services.reporting import Reported, mark_done, report_person, report_tweet

__all__ = [
    "Posted",
    "Reported",
    "align_protection",
    "bookmark",
    "create_folder",
    "delete_file",
    "delete_folder",
    "delete_retweets",
    "delete_tweet",
    "describe",
    "discard",
    "discard_draft",
    "draft_post",
    "edit_tweet",
    "edit_window",
    "editable_until",
    "file_bookmark",
    "forget_draft",
    "like",
    "make_preview",
    "mark_done",
    "post_draft",
    "post_due_drafts",
    "post_tweet",
    "prune_media",
    "prune_post_keys",
    "remove_media_of_owner",
    "remove_media_of_tweet",
    "rename_folder",
    "reply",
    "report_person",
    "report_tweet",
    "restore_bookmark",
    "retweet",
    "take_back",
    "unbookmark",
    "unlike",
    "unretweet",
    "upload",
    "why_not_edit",
]
