"""What timelines do about events."""

import logging

from accounts.services import outdate_timeline
from socialgraph.events import handles, promptly
from socialgraph.redis import RedisError
from timelines import erasing, fan_out

logger = logging.getLogger(__name__)

handles("tweet_posted")(fan_out.deliver)
handles("tweet_range")(fan_out.deliver_range)
handles("celebrity_left")(fan_out.drop_followers_timelines)
handles("account_closed")(erasing.erase)


@promptly("tweet_posted")
def show_own_tweet(tweet_id: int, author_id: int) -> None:
    try:
        fan_out.push_own(tweet_id, author_id)
    except RedisError as error:
        logger.warning("Own tweet %s did not reach its timeline, which will be rebuilt: %s", tweet_id, error)
        outdate_timeline(user_id=author_id)
