"""Posts and their buttons in templates; the HTML is of `timelines.cards` and `timelines.buttons`."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from timelines import buttons, cards
from tweets.cards import Card
from tweets.models import Tweet

register = template.Library()


@register.simple_tag(takes_context=True)
def card(context: Any, tweet: Tweet | Card, *, takes_focus: bool = False, is_single: bool = False) -> SafeString:
    return cards.card(tweet, context["user"], takes_focus=takes_focus, is_single=is_single)


@register.simple_tag
def place(tweet: Any) -> SafeString:
    return buttons.place(tweet)


@register.simple_tag
def retweet_link(tweet: Tweet, *, retweeted: bool) -> SafeString:
    return buttons.retweet_link(tweet, retweeted=retweeted)


@register.simple_tag(takes_context=True)
def replies_link(context: Any, tweet: Tweet) -> SafeString:
    return buttons.replies_link(tweet, is_member=context["user"].is_authenticated)
