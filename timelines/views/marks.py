"""Like and unlike. Each answers htmx with the button as it is now."""

from django.http import HttpResponse

from timelines.buttons import like_button
from timelines.views.http import MemberRequest, action, go, safe_next, with_tweet
from timelines.views.own_changes import OwnChanges
from tweets import services as tweets
from tweets.models import Tweet


@action
@with_tweet
def like(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    return _liked(request, tweet, by=tweets.like(user=request.user, tweet=tweet))


@action
@with_tweet
def unlike(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    return _liked(request, tweet, by=-tweets.unlike(user=request.user, tweet=tweet), liked=False)


def _liked(request: MemberRequest, tweet: Tweet, *, by: int, liked: bool = True) -> HttpResponse:
    own = OwnChanges.of(request)
    own.add("like_count", tweet.pk, tweet.counts.like_count, by)
    own.show_on([tweet])
    if request.htmx:
        response = HttpResponse(like_button(tweet, liked=liked))
    else:
        response = go(request, f"{safe_next(request, tweet.get_absolute_url())}#t{tweet.pk}")
    own.remember(response)
    return response
