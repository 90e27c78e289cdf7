"""How people relate, in the admin: rows come and go by the services, which say no where people would hear no."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from socialgraph.big_table_admin import MadeFilter, ServiceAdmin, as_ids

PEOPLE_HELP = "A user name, with or without @, or an id."


def people_named(word: str) -> list[int]:
    """The id of whoever has this name or is this id, active or not."""
    named = User.objects.filter(username__iexact=word.removeprefix("@")).values_list("pk", flat=True)
    return [*named, *as_ids(word)]


class PairAdmin(ServiceAdmin):
    """Rows of one person about another."""

    pair: tuple[str, str]
    list_filter = (MadeFilter,)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("id", *self.pair, "created_at")

    def get_list_select_related(self, request: HttpRequest) -> tuple[str, ...]:
        return self.pair

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return self.pair

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.pair if obj is None else ("id", *self.pair, "created_at")

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        people = people_named(word)
        ways = [self.model._default_manager.filter(**{f"{name}__in": people}) for name in self.pair]
        return [*super().matches(word), *(way.order_by("-id") for way in ways)]

    def create(self, request: HttpRequest, form: Any) -> Model:
        people = {name: form.cleaned_data[name] for name in self.pair}
        self.relate(form.cleaned_data, people)
        row = self.model._default_manager.filter(**people).first()
        if row is None:  # the service has done another thing; the form's transaction takes it back
            raise ValidationError(self.otherwise(people))
        made: Model = row
        return made

    def relate(self, data: dict[str, Any], people: dict[str, User]) -> object:
        raise NotImplementedError

    def otherwise(self, people: dict[str, User]) -> str:
        """Why there is no row after all."""
        return "Nothing was added."


def _follow(people: dict[str, User]) -> bool:
    try:
        return services.follow(**people)
    except PermissionDenied:
        follower, followee = people["follower"], people["followee"]
        told = f"A block stands between {follower} and {followee}: neither can follow the other. Nothing was added."
        raise ValidationError(told) from None


@admin.register(Follow)
class FollowAdmin(PairAdmin):
    pair = ("follower", "followee")
    search_help_text = f"{PEOPLE_HELP} Finds who they follow and who follows them."

    def relate(self, data: dict[str, Any], people: dict[str, User]) -> object:
        return _follow(people)

    def otherwise(self, people: dict[str, User]) -> str:
        return f"{people['followee']} is protected, and decides who follows. Add a follow request instead."

    def remove(self, request: HttpRequest, row: Follow) -> None:
        services.unfollow(follower=row.follower, followee=row.followee)


@admin.register(FollowRequest)
class FollowRequestAdmin(PairAdmin):
    """Deleting one rejects it. Nobody but the followee approves one."""

    pair = ("follower", "followee")
    search_help_text = f"{PEOPLE_HELP} Finds whom they ask and who asks them."

    def relate(self, data: dict[str, Any], people: dict[str, User]) -> object:
        return _follow(people)

    def otherwise(self, people: dict[str, User]) -> str:
        return f"{people['follower']} can follow {people['followee']} without asking. Add a follow instead."

    def remove(self, request: HttpRequest, row: FollowRequest) -> None:
        services.reject_request(followee=row.followee, follower=row.follower)


@admin.register(Block)
class BlockAdmin(PairAdmin):
    """Adding one ends the follows and requests between the two, which deleting it does not bring back."""

    pair = ("blocker", "blocked")
    search_help_text = f"{PEOPLE_HELP} Finds whom they block and who blocks them."

    def relate(self, data: dict[str, Any], people: dict[str, User]) -> object:
        return services.block(**people)

    def remove(self, request: HttpRequest, row: Block) -> None:
        services.unblock(blocker=row.blocker, blocked=row.blocked)


@admin.register(Mute)
class MuteAdmin(PairAdmin):
    pair = ("muter", "muted")
    search_help_text = f"{PEOPLE_HELP} Finds whom they mute and who mutes them."

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (*super().get_list_display(request), "expires_at")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return (*super().get_fields(request, obj), "expires_at")

    def relate(self, data: dict[str, Any], people: dict[str, User]) -> object:
        return services.mute(**people, until=data["expires_at"])

    def remove(self, request: HttpRequest, row: Mute) -> None:
        services.unmute(muter=row.muter, muted=row.muted)


@admin.register(MutedWord)
class MutedWordAdmin(ServiceAdmin):
    list_display = ("id", "user", "word", "expires_at", "created_at")
    list_filter = (MadeFilter,)
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    add_fields = ("user", "word", "expires_at")
    fields = ("id", "user", "word", "expires_at", "created_at")
    search_help_text = f"{PEOPLE_HELP} Finds the words that they mute."

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), MutedWord.objects.filter(user__in=people_named(word))]

    def create(self, request: HttpRequest, form: Any) -> MutedWord:
        data = form.cleaned_data
        return services.mute_word(user=data["user"], word=data["word"], until=data["expires_at"])

    def remove(self, request: HttpRequest, row: MutedWord) -> None:
        services.unmute_word(user=row.user, word_id=row.pk)
