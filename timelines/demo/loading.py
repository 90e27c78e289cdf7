"""Putting the made-up community into an empty database, in one transaction, under ids of its own time."""

import io
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from random import Random
from typing import Any, TypeVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import F, Model

from accounts.loading import fold_counts
from accounts.models import Follow, User
from socialgraph.bulk import analyze, one_at_a_time
from socialgraph.images import CleanImage, preview
from timelines.demo.boundaries import boundaries
from timelines.demo.echoes import echoes
from timelines.demo.edits import edits
from timelines.demo.folders import put_into_folders
from timelines.demo.moments import Moments
from timelines.demo.people import DEMO_USER, STAFF_USER, Person, draw_people
from timelines.demo.portraits import portrait
from timelines.demo.posts import Chronicle, Post
from timelines.demo.scenes import picture
from tweets.models import Bookmark, Like, Media, Tweet
from tweets.text import clean_text, parse
from tweets.threads import path_below

Marked = TypeVar("Marked", Like, Bookmark)
PEOPLE, POSTS = 202, 2_000
PICTURE_COUNTS = (70, 14, 8, 8)  # of a hundred posts with images, those with 1, 2, 3 and 4
PORTRAIT_SHARE = 0.93  # the rest have not chosen a picture yet
ACTIVE_DAYS = 7  # within which those who are not quiet were last here


class NotEmpty(Exception):
    """There are accounts already; nothing was written."""


@dataclass(frozen=True)
class Loaded:
    people: int
    follows: int
    posts: int
    likes: int
    bookmarks: int
    images: int


def load_demo(
    *, seed: int, demo_password: str, staff_password: str, people: int = PEOPLE, posts: int = POSTS
) -> Loaded:
    """The same people, words, pictures and graph for the same seed, as long before now. Raises NotEmpty.

    Two of them have a password; nobody can log in as another. Counts are folded at the end, and everybody's timeline is
    built by their first visit.
    """
    if User.objects.exists():
        raise NotEmpty
    random = Random(seed)
    cast = draw_people(random, people)
    chronicle = Chronicle(random, cast, posts)
    drawn = _draw(seed, cast, chronicle.posts)
    passwords = {DEMO_USER: make_password(demo_password), STAFF_USER: make_password(staff_password)}
    with transaction.atomic(), connection.cursor() as cursor:
        one_at_a_time(cursor)
        cursor.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")  # who signs up now, waits
        if User.objects.exists():
            raise NotEmpty
        loaded = _store(Moments(), cast, chronicle.posts, drawn, passwords)
        analyze(cursor, "users", "follows", "tweets", "tweet_counts", "likes", "bookmarks", "media", "count_deltas")
    fold_counts()
    return loaded


@dataclass(frozen=True)
class Drawn:
    portraits: dict[int, str]
    """File names by the person's number."""
    pictures: dict[int, list[Media]]
    """Not yet of any tweet, by the post's place."""


def _draw(seed: int, cast: Sequence[Person], posts: Sequence[Post]) -> Drawn:
    """Draws and stores the images; each by a chance of its own, so that threads may share the work."""
    shown = [p for p in cast if p.number < 2 or Random(f"{seed} shows {p.number}").random() < PORTRAIT_SHARE]
    with_picture = [place for place, post in enumerate(posts) if post.picture]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        portraits = pool.map(partial(_portrait, seed), [person.number for person in shown])
        pictures = pool.map(lambda place: _pictures(seed, place, posts[place].picture), with_picture)
        return Drawn(
            {person.number: name for person, name in zip(shown, portraits, strict=True)},
            dict(zip(with_picture, pictures, strict=True)),
        )


def _portrait(seed: int, number: int) -> str:
    return portrait(Random(f"{seed} portrait {number}")).store_unlocked("avatars")


def _pictures(seed: int, place: int, scene: str) -> list[Media]:
    random = Random(f"{seed} picture {place}")
    first = _picture(scene, random, 0)
    count = random.choices((1, 2, 3, 4), PICTURE_COUNTS)[0]
    return [first, *(_picture(scene, random, position) for position in range(1, count))]


def _picture(scene: str, random: Random, position: int) -> Media:
    image: CleanImage
    image, alt = picture(scene, random)
    thumbnail, placeholder = preview(io.BytesIO(image.content), longest_side=settings.THUMBNAIL_SIDE)
    return Media(
        position=position,
        file=image.store_unlocked("media"),
        width=image.width,
        height=image.height,
        thumbnail=thumbnail.store_unlocked("media") if thumbnail else "",
        placeholder=placeholder,
        alt=alt,
    )


def _store(
    moments: Moments, cast: Sequence[Person], posts: Sequence[Post], drawn: Drawn, passwords: dict[str, str]
) -> Loaded:
    users = [_user(moments, person, drawn.portraits.get(person.number, ""), passwords) for person in cast]
    tweets = _tweets(moments, posts, users)
    for place, pictures in drawn.pictures.items():
        for media in pictures:
            media.tweet, media.owner, media.id = tweets[place], tweets[place].author, moments.id_at(posts[place].age)
            media.created_at = moments.at(posts[place].age)
        tweets[place].media_count = len(pictures)
    images = [media for pictures in drawn.pictures.values() for media in pictures]
    versions = list(edits(Random(len(users)), moments, posts, tweets, drawn.pictures))
    passed_on = list(echoes(Random(len(posts)), moments, posts, tweets, users))
    follows = [
        Follow(id=moments.id_at(ago), follower=users[p.number], followee=users[followed], created_at=moments.at(ago))
        for p in cast
        for followed, ago in p.follows
    ]
    likes = _marks(Like, moments, users, tweets, [post.likes for post in posts])
    bookmarks = _marks(Bookmark, moments, users, tweets, [post.bookmarks for post in posts])
    topics = {user.pk: person.topic for person, user in zip(cast, users, strict=True)}
    folders = put_into_folders(moments, users[0], topics, bookmarks)
    related = boundaries(moments, users, follows, [*tweets, *passed_on])
    tables: list[Iterable[Model]] = [users, follows, [*tweets, *passed_on], versions, images, likes, folders, bookmarks]
    for rows in (*tables, *related):
        _insert(sorted(rows, key=attrgetter("pk")))
    Tweet.objects.update(updated_at=F("created_at"))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, primary=True, verified=True) for user in users[:2]
    )
    return Loaded(len(users), len(follows), len(tweets), len(likes), len(bookmarks), len(images))


def _insert(rows: Iterable[Any]) -> None:
    """All of one model."""
    rows = list(rows)
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=1_000)  # a statement has at most 65,535 values


def _user(moments: Moments, person: Person, avatar: str, passwords: dict[str, str]) -> User:
    is_staff = person.username == STAFF_USER
    last_active = person.last_active or (person.number * 0.37) % ACTIVE_DAYS
    return User(
        id=moments.id_at(person.joined),
        username=person.username,
        email=f"{person.username}@example.invalid",
        password=passwords.get(person.username) or make_password(None),
        display_name=person.display_name,
        bio=person.bio,
        region=person.region,
        avatar=avatar,
        verified=person.verified,
        is_staff=is_staff,
        is_superuser=is_staff,
        last_active_on=moments.at(last_active).date(),
        created_at=moments.at(person.joined),
    )


def _tweets(moments: Moments, posts: Sequence[Post], users: Sequence[User]) -> list[Tweet]:
    """In the order of `posts`, in which a parent stands before its replies."""
    made: dict[int, Tweet] = {}
    ids = {user.username: user.pk for user in users}
    for post in posts:
        text = clean_text(post.text)
        entities = parse(text)
        parent = made[id(post.parent)] if post.parent else None
        tweet_id = moments.id_at(post.age)
        made[id(post)] = Tweet(
            id=tweet_id,
            author=users[post.author.number],
            text=text,
            reply_to=parent,
            conversation_id=(parent.conversation_id or parent.pk) if parent else None,
            thread_path=path_below(parent.thread_path, tweet_id) if parent else None,
            hashtags=list(entities.hashtags),
            mentions=sorted(ids[name] for name in entities.mentions if name in ids),
            created_at=moments.at(post.age),
            deleted_at=moments.at(post.age / 2) if post.was_taken_back else None,
        )
    return list(made.values())


def _marks(
    kind: type[Marked],
    moments: Moments,
    users: Sequence[User],
    tweets: Sequence[Tweet],
    marks: Iterable[list[tuple[int, float]]],
) -> list[Marked]:
    return [
        kind(id=moments.id_at(ago), user=users[number], tweet=tweet, created_at=moments.at(ago))
        for tweet, given in zip(tweets, marks, strict=True)
        for number, ago in given
    ]
