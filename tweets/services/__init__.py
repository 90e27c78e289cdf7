"""Writes to tweets. Each is one transaction and says whether it changed anything."""

from tweets.services.editing import edit_tweet, edit_window, editable_until, why_not_edit
from tweets.services.marking import bookmark, like, unbookmark, unlike
from tweets.services.posting import (
    Picture,
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

__all__ = [
    "Picture",
    "Posted",
    "align_protection",
    "bookmark",
    "delete_retweets",
    "delete_tweet",
    "edit_tweet",
    "edit_window",
    "editable_until",
    "like",
    "post_tweet",
    "prune_post_keys",
    "reply",
    "retweet",
    "unbookmark",
    "unlike",
    "unretweet",
    "why_not_edit",
]
