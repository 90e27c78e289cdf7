"""What tweets do about events."""

from accounts.services import approve_waiting
from socialgraph.events import Claim, handles
from tweets import services

BATCH = 500


@handles("protection_changed")
def follow_protection(claim: Claim) -> None:
    """The requests to an account that has opened become follows; public counts lose or regain what the author wrote.

    Safe to repeat: each step looks at what the account is now.
    """
    user_id = claim.payload["user_id"]
    while approve_waiting(followee_id=user_id, limit=BATCH):
        claim.advance(claim.progress, 0)
    while last := services.align_protection(author_id=user_id, after=claim.progress, limit=BATCH):
        claim.advance(last, 0)


@handles("tweet_deleted")
def tidy_up(claim: Claim) -> None:
    """What hung on the tweet and is nobody's own: its images, and its retweets."""
    services.remove_media_of_tweet(tweet_id=claim.payload["tweet_id"])
    while services.delete_retweets(tweet_id=claim.payload["tweet_id"], limit=BATCH):
        claim.advance(claim.progress, 0)


@handles("media_uploaded")
def show_soon(claim: Claim) -> None:
    """A thumbnail and a placeholder; pages show the image itself until then."""
    services.make_preview(media_id=claim.payload["media_id"])


@handles("files_released")
def drop_files(claim: Claim) -> None:
    """Rows that named these files are gone, or name others: what nobody names any more goes too."""
    names = claim.payload["names"]
    for done, name in enumerate(names[claim.progress :], claim.progress + 1):
        services.delete_file(name=name)
        claim.advance(done, 0)
