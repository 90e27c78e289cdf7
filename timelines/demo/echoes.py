"""What the people of the demo pass on: retweets of what they liked, and quotes with a few words."""

from collections.abc import Iterator, Sequence
from random import Random

from accounts.models import User
from timelines.demo.moments import Moments
from timelines.demo.posts import Post
from timelines.demo.stock import table
from tweets.models import Tweet

RETWEET_SHARE = 0.06  # of the likes of a post that opens a thread
QUOTE_SHARE = 0.04  # of such posts
LATER = 0.6  # of the time that has passed since the like


def echoes(
    random: Random, moments: Moments, posts: Sequence[Post], tweets: Sequence[Tweet], users: Sequence[User]
) -> Iterator[Tweet]:
    """`tweets` are those of `posts`, in the same order; of protected people nothing is passed on."""
    words = list(table("quotes")["words"])
    for post, tweet in zip(posts, tweets, strict=True):
        if post.parent is not None or tweet.deleted_at or users[post.author.number].protected:
            continue
        for number, ago in post.likes:
            if random.random() < RETWEET_SHARE:
                yield _echo(moments, users[number], ago * LATER, retweet_of=tweet)
        if post.likes and random.random() < QUOTE_SHARE:
            number, ago = random.choice(post.likes)
            yield _echo(moments, users[number], ago * LATER, quote_of=tweet, text=random.choice(words))


def _echo(moments: Moments, author: User, ago: float, **fields: object) -> Tweet:
    return Tweet(
        id=moments.id_at(ago),
        author=author,
        created_at=moments.at(ago),
        is_protected=author.protected,
        **fields,
    )
