"""Tweets, what hangs on them, and how people mark them, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from accounts.admin_graph import PEOPLE_HELP, people_named
from accounts.models import User
from socialgraph.big_table_admin import MadeFilter, ReadOnlyAdmin, ServiceAdmin, as_ids
from tweets import admin_reports as admin_reports  # registers its own
from tweets import services
from tweets.models import Bookmark, Draft, Like, Mark, Media, PostKey, Tweet, TweetCounts, TweetVersion
from tweets.text import TextError, clean_text, parse


class DeletedFilter(admin.SimpleListFilter):
    title = "deleted"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "no"), ("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Tweet]") -> "QuerySet[Tweet] | None":
        if self.value() not in ("yes", "no"):
            return None
        return queryset.filter(deleted_at__isnull=self.value() == "no")


class AddTweetForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    def clean_text(self) -> str:
        try:
            return clean_text(self.cleaned_data["text"])
        except TextError as error:
            raise ValidationError(str(error)) from error


@admin.register(Tweet)
class TweetAdmin(ServiceAdmin):
    """Nobody's words are changed here: a tweet is posted or deleted."""

    list_display = (
        *("id", "author", "shortened", "kind", "like_count", "reply_count", "bookmark_count"),
        *("media_count", "created_at", "deleted_at"),
    )
    list_filter = (MadeFilter, DeletedFilter)
    list_select_related = ("author", "counts")
    autocomplete_fields = ("author",)
    raw_id_fields = ("reply_to",)
    search_help_text = "A tweet's id, an author (@name, name or id), or a #tag. Words are not searched here."
    add_fields = ("author", "text", "reply_to")
    fields = (
        *("id", "author", "text", "reply_to", "conversation", "retweet_of", "quote_of", "hashtags", "mentions"),
        *("media_count", "version", "edited_at", "created_at", "updated_at", "deleted_at"),
    )

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": AddTweetForm}) | kwargs)

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        if word.startswith("#"):
            return [Tweet.objects.filter(hashtags__contains=list(parse(word).hashtags[:1] or [word]))]
        return [*super().matches(word), Tweet.objects.filter(author__in=people_named(word)).order_by("-id")]

    @admin.display(description="text")
    def shortened(self, tweet: Tweet) -> str:
        return tweet.text if len(tweet.text) <= 80 else f"{tweet.text[:79]}…"

    @admin.display
    def kind(self, tweet: Tweet) -> str:
        names = {"reply": tweet.reply_to_id, "retweet": tweet.retweet_of_id, "quote": tweet.quote_of_id}
        return ", ".join(name for name, target in names.items() if target) or "post"

    @admin.display(description="likes")
    def like_count(self, tweet: Tweet) -> int:
        return tweet.counts.like_count

    @admin.display(description="replies")
    def reply_count(self, tweet: Tweet) -> int:
        return tweet.counts.reply_count

    @admin.display(description="bookmarks")
    def bookmark_count(self, tweet: Tweet) -> int:
        return tweet.counts.bookmark_count

    def create(self, request: HttpRequest, form: Any) -> Tweet:
        return services.post_tweet(**{name: form.cleaned_data[name] for name in self.add_fields}).tweet

    def remove(self, request: HttpRequest, row: Tweet) -> None:
        """By the author's own right, since the admin's permission has been checked."""
        services.delete_tweet(tweet=row, by=row.author)

    def deletion_line(self, row: Tweet) -> str:
        return f"{row.pk} by {row.author}: {row} (hidden everywhere; the row stays, with the time of its deletion)"


class OfTweetAdmin(ReadOnlyAdmin):
    """Rows that hang on a tweet."""

    search_help_text = "The id of a tweet, or of the row."

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), self.model._default_manager.filter(tweet_id__in=as_ids(word))]


@admin.register(TweetCounts)
class TweetCountsAdmin(OfTweetAdmin):
    list_display = ("tweet_id", "like_count", "reply_count", "retweet_count", "quote_count", "bookmark_count")
    list_filter = (MadeFilter,)


class WaitingFilter(admin.SimpleListFilter):
    title = "posted"
    parameter_name = "posted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "not yet"), ("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Media]") -> "QuerySet[Media] | None":
        if self.value() not in ("yes", "no"):
            return None
        return queryset.filter(tweet__isnull=self.value() == "no")


@admin.register(Media)
class MediaAdmin(OfTweetAdmin):
    """An image goes with its tweet: delete that. One that nobody posts goes within a day."""

    list_display = ("id", "picture", "owner", "tweet_id", "width", "height", "alt", "created_at")
    list_filter = (MadeFilter, WaitingFilter)
    list_select_related = ("owner",)
    search_help_text = f"The id of a tweet, or of the row. {PEOPLE_HELP}"
    fields = (
        *("id", "picture", "owner", "tweet", "position", "alt", "file", "width", "height"),
        *("thumbnail", "blur", "created_at"),
    )
    readonly_fields = ("picture", "blur")

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), Media.objects.filter(owner__in=people_named(word)).order_by("-id")]

    @admin.display
    def picture(self, media: Media) -> str:
        file = media.thumbnail or media.file
        return format_html('<img src="{}" alt="{}" height="60" loading="lazy">', file.url, media.alt)

    @admin.display(description="placeholder")
    def blur(self, media: Media) -> str:
        return format_html('<img src="{}" alt="" height="60">', media.placeholder) if media.placeholder else "none"


@admin.register(TweetVersion)
class TweetVersionAdmin(OfTweetAdmin):
    """What edited tweets said before."""

    list_display = ("id", "tweet_id", "version", "text", "created_at")
    list_filter = (MadeFilter,)


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """What waits to be posted, without its words: nobody has said them yet."""

    list_display = ("id", "author", "due_at", "refusal", "created_at")
    list_filter = (MadeFilter,)
    list_select_related = ("author",)
    fields = ("id", "author", "reply_to", "quote_of", "media_ids", "due_at", "refusal", "created_at")
    search_help_text = PEOPLE_HELP

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), Draft.objects.filter(author__in=people_named(word))]


@admin.register(PostKey)
class PostKeyAdmin(OfTweetAdmin):
    list_display = ("id", "author", "key", "tweet_id", "created_at")
    list_select_related = ("author",)
    search_help_text = f"The id of a tweet. {PEOPLE_HELP}"

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), PostKey.objects.filter(author__in=people_named(word))]


class MarkAdmin(ServiceAdmin):
    list_display = ("id", "user", "tweet_id", "created_at")
    list_filter = (MadeFilter,)
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    raw_id_fields = ("tweet",)
    search_help_text = f"The id of a tweet. {PEOPLE_HELP}"
    add_fields = ("user", "tweet")
    fields = ("id", "user", "tweet", "created_at")
    mark: Any
    unmark: Any

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        marks = self.model._default_manager.order_by("-id")
        return [
            *super().matches(word),
            marks.filter(user__in=people_named(word)),
            marks.filter(tweet_id__in=as_ids(word)),
        ]

    def create(self, request: HttpRequest, form: Any) -> Mark:
        pair: dict[str, User | Tweet] = {name: form.cleaned_data[name] for name in self.add_fields}
        try:
            type(self).mark(**pair)
        except PermissionDenied as refusal:
            told = f"{pair['user']} may not see this tweet, or it was deleted. Nothing was added."
            raise ValidationError(told) from refusal
        found: Mark = self.model._default_manager.get(**pair)
        return found

    def remove(self, request: HttpRequest, row: Mark) -> None:
        type(self).unmark(user=row.user, tweet=row.tweet)


@admin.register(Like)
class LikeAdmin(MarkAdmin):
    mark, unmark = staticmethod(services.like), staticmethod(services.unlike)


@admin.register(Bookmark)
class BookmarkAdmin(MarkAdmin):
    mark, unmark = staticmethod(services.bookmark), staticmethod(services.unbookmark)
