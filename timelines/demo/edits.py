"""What the people of the demo said first, where they edited it since: slips, afterthoughts, images without words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from timelines.demo.moments import Moments
from timelines.demo.posts import Post
from tweets.models import Media, Tweet, TweetVersion

EDITED_SHARE = 0.03
TWICE_SHARE = 0.3  # of these
MINUTE = 1 / (24 * 60)  # of a day
_PLAIN_WORD = re.compile(r"(?<![#@/\w.])[a-z]{5,}(?![\w/])")
_LAST_SENTENCE = re.compile(r"(?<=[.!?。])\s*[^.!?。#@]{8,}[.!?。](?=\s*$)")


def edits(
    random: Random,
    moments: Moments,
    posts: Sequence[Post],
    tweets: Sequence[Tweet],
    pictures: Mapping[int, Sequence[Media]],
) -> Iterator[TweetVersion]:
    """Earlier versions of some of the `tweets`, which are those of `posts` in the same order, and not stored yet.

    The tweets keep their words. The newest that the demo user opened, and that has room for a slip, is one of them.
    """
    own = [post for post in posts if post.author.number == 0 and not post.parent and _slip(random, post.text)]
    for place, (post, tweet) in enumerate(zip(posts, tweets, strict=True)):
        is_edited = random.random() < EDITED_SHARE or post in own[-1:]
        first = _slip(random, tweet.text) if is_edited and tweet.deleted_at is None else ""
        if not first:
            continue
        texts = [shorter, first] if (shorter := _shorter(first)) and random.random() < TWICE_SHARE else [first]
        yield from _versions(random, moments, post, tweet, texts, pictures.get(place, ()))


def _versions(
    random: Random, moments: Moments, post: Post, tweet: Tweet, texts: list[str], pictures: Sequence[Media]
) -> Iterator[TweetVersion]:
    shown: list[dict[str, Any]] = [
        {"name": str(image.file), "width": image.width, "height": image.height, "alt": ""} for image in pictures
    ]
    age = post.age
    for number, text in enumerate(texts, 1):
        yield TweetVersion(
            id=moments.id_at(age),
            tweet=tweet,
            version=number,
            text=text,
            media=shown,
            created_at=moments.at(age),
        )
        age -= min(random.uniform(1, 25) * MINUTE, 0.4 * age)
    tweet.version, tweet.edited_at = len(texts) + 1, moments.at(age)


def _slip(random: Random, text: str) -> str:
    """The text with two letters of a word in each other's place; empty when it has no such word."""
    words = [match for match in _PLAIN_WORD.finditer(text) if match[0][2] != match[0][3]]
    if not words:
        return ""
    word = random.choice(words)
    at = word.start() + 2
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"


def _shorter(text: str) -> str:
    """The text without its last sentence; empty when it has but one."""
    found = _LAST_SENTENCE.search(text)
    return text[: found.start()] if found else ""
