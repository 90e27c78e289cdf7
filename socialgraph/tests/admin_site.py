"""The admin as staff use it: a row of everything that is stored, and forms sent as a browser would."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from knox.models import get_token_model

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from tweets import services as tweets
from tweets.models import Draft, Media, Tweet
from tweets.tests.images import waiting


def superuser() -> User:
    user: User = UserFactory.create(username="chief", is_staff=True, is_superuser=True)
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(model: type[Model], page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def models() -> list[type[Model]]:
    return list(admin.site._registry)


def row_of_each(staff: User) -> None:
    """At least one row in every table that the admin shows."""
    author, reader = UserFactory.create(), UserFactory.create()
    accounts.follow(follower=reader, followee=author)
    accounts.follow(follower=author, followee=UserFactory.create(protected=True))
    accounts.block(blocker=author, blocked=UserFactory.create())
    accounts.mute(muter=author, muted=reader)
    accounts.mute_word(user=author, word="weather")
    images = waiting(author, ("media/none.webp", 2, 1, "Nothing"))
    tweet = tweets.post_tweet(author=author, text="Hello #you", key="once", media_ids=images).tweet
    tweets.reply(author=reader, to=tweet, text="Hello yourself")
    tweets.edit_tweet(tweet=tweet, by=author, text="Hello #all")
    Draft.objects.create(author=author, text="Not yet")
    tweets.like(user=reader, tweet=tweet)
    tweets.bookmark(user=reader, tweet=tweet)
    tweets.create_folder(user=reader, name="Later")
    tweets.report_tweet(reporter=reader, tweet=tweet, reason="spam", comment="Look")
    EmailAddress.objects.create(user=author, email=author.email, primary=True)
    get_token_model().objects.create(user=author)
    LogEntry.objects.log_actions(staff.pk, [author], ADDITION, single_object=True)
    Group.objects.create(name="moderators")


def many_rows(staff: User, count: int) -> None:
    """So many more of what grows with use."""
    author = UserFactory.create()
    for n in range(count):
        person = UserFactory.create()
        accounts.follow(follower=person, followee=author)
        accounts.follow(follower=person, followee=UserFactory.create(protected=True))
        accounts.block(blocker=person, blocked=UserFactory.create())
        accounts.mute(muter=person, muted=author)
        accounts.mute_word(user=person, word="weather")
        tweet = tweets.post_tweet(author=person, text=f"Number {n}", key=str(n)).tweet
        Media.objects.create(tweet=tweet, owner=person, file="media/none.webp", width=1, height=1)
        tweets.edit_tweet(tweet=tweet, by=person, text="Changed")
        Draft.objects.create(author=person, text="Not yet")
        tweets.like(user=author, tweet=tweet)
        tweets.bookmark(user=author, tweet=tweet)
        tweets.create_folder(user=person, name="Later")
        tweets.report_tweet(reporter=UserFactory.create(), tweet=tweet, reason="spam")
        EmailAddress.objects.create(user=person, email=person.email, primary=True)
        get_token_model().objects.create(user=person)
        LogEntry.objects.log_actions(staff.pk, [person], ADDITION, single_object=True)


def selected(action: str, rows: list[Model], **data: Any) -> dict[str, Any]:
    """What a changelist sends for an action on `rows`."""
    return {"action": action, "_selected_action": [str(row.pk) for row in rows]} | data


def newest(tweet_of: User) -> Tweet:
    return Tweet.objects.filter(author=tweet_of).latest("id")
