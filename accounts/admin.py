"""People, their addresses and API tokens in the admin; how they relate is in `admin_graph`."""

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm, UserChangeForm
from django.db.models import Model, QuerySet
from django.db.models.functions import Collate, Lower
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from knox.models import get_token_model

from accounts import moderation, services
from accounts.admin_graph import people_named
from accounts.models import User
from accounts.standing import StandingFilter, standing_of
from socialgraph.big_table_admin import ACTION_ROWS, BigTableAdmin, MadeFilter, ServiceAdmin, in_batches

AuthToken = get_token_model()


class CheckedName(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if name != self.instance.username and name.lower() in services.RESERVED_NAMES:
            raise forms.ValidationError("This name is reserved. Choose another one.")
        return name


class AddForm(CheckedName, BaseUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("username", "email", "display_name")


class ChangeForm(CheckedName, UserChangeForm):  # type: ignore[type-arg]
    removes_avatar = forms.BooleanField(label="Remove the picture", required=False)

    class Meta:
        model = User
        fields = "__all__"


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Django's own, but for the saving: that writes every column, and so would take back counts folded meanwhile."""

    def save(self, commit: bool = True) -> User:
        user: User = self.user
        if self.cleaned_data.get("set_usable_password", True):
            services.change_password(user=user, password=self.cleaned_data["password1"])
        else:
            user.set_unusable_password()
            User.objects.filter(pk=user.pk).update(password=user.password, updated_at=timezone.now())
        return user


class ActivityFilter(admin.SimpleListFilter):
    title = "last here"
    parameter_name = "here"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("0", "today"), ("7", "in the last 7 days"), ("30", "in the last 30 days")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> "QuerySet[User] | None":
        if self.value() not in dict(self.lookup_choices):
            return None
        day = timezone.now().date() - dt.timedelta(days=int(self.value() or 0))
        return queryset.filter(last_active_on__gte=day)


@admin.register(User)
class UserAdmin(ServiceAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    add_form, form, change_password_form = AddForm, ChangeForm, PasswordForm
    list_display = (
        *("id", "username", "is_active", "is_staff", "display_name", "last_active_on"),
        *("follower_count", "tweet_count", "created_at"),
    )
    list_display_links = ("id", "username")
    list_filter = (MadeFilter, ActivityFilter, "is_active", StandingFilter, "is_staff", "celebrity")
    search_help_text = "The beginning of a user name or display name, a whole e-mail address, or an id."
    ordering = ("-pk",)
    autocomplete_fields = ()
    actions = ("deactivate", "reactivate", "keep")
    add_fieldsets = ((None, {"fields": ("username", "email", "display_name", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("id", "username", "email", "password", "display_name", "bio", "region")}),
        ("Picture", {"fields": ("picture", "removes_avatar")}),
        (
            "Standing",
            {
                "fields": (
                    *("standing", "verified", "protected", "is_active"),
                    *("is_staff", "is_superuser", "groups", "user_permissions"),
                )
            },
        ),
        ("Counts", {"fields": ("follower_count", "following_count", "tweet_count", "celebrity")}),
        ("Dates", {"fields": ("created_at", "updated_at", "last_login", "last_active_on")}),
        ("Timeline", {"fields": ("crossings", "graph_version", "preferences")}),
    )
    FIXED = (
        *("id", "standing", "picture", "follower_count", "following_count", "tweet_count", "celebrity", "crossings"),
        *("graph_version", "preferences", "created_at", "updated_at", "last_login", "last_active_on"),
    )
    POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        name = Collate(Lower("username"), "C"), Collate(Lower("display_name"), "C")
        beginnings = word.lower().removeprefix("@"), word.lower()
        people = [
            User.objects.annotate(name=column).filter(name__startswith=beginning).order_by("name")
            for column, beginning in zip(name, beginnings, strict=True)
        ]
        return [*super().matches(word), User.objects.filter(email__iexact=word), *people]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return DjangoUserAdmin.get_fieldsets(self, request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Only superusers hand out powers."""
        return () if obj is None else self.FIXED + (() if _is_superuser(request) else self.POWERS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return DjangoUserAdmin.has_change_permission(self, request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_self = obj is not None and obj.pk == request.user.pk
        return super().has_delete_permission(request, obj) and _may_touch(request, obj) and not is_self

    @admin.display(description="state")
    def standing(self, user: User) -> str:
        return standing_of(user)

    @admin.display(description="picture")
    def picture(self, user: User) -> str:
        return format_html('<img src="{}" alt="" width="80" height="80">', user.avatar.url) if user.avatar else "none"

    def create(self, request: HttpRequest, form: Any) -> User:
        data = form.cleaned_data
        return services.register(
            username=data["username"],
            email=data["email"],
            password=data["password1"],
            display_name=data["display_name"],
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        user, data = User.objects.get(pk=obj.pk), form.cleaned_data
        services.edit_profile(
            user=user,
            display_name=data["display_name"],
            bio=data["bio"],
            region=data["region"],
            removes_avatar=data["removes_avatar"],
        )
        services.protect(user=user, protected=data["protected"])
        moderation.change_account(
            user=user, **{name: data[name] for name in moderation.COLUMNS if name in form.changed_data}
        )

    def remove(self, request: HttpRequest, row: User) -> None:
        if self.has_delete_permission(request, row):
            moderation.close_account(user=row)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        lines, numbers, lacking, protected = super().get_deleted_objects(objs, request)
        untouchable = [row for row in objs[:ACTION_ROWS] if not self.has_delete_permission(request, row)]
        return lines, numbers, lacking, [*protected, *untouchable]

    def deletion_line(self, row: User) -> str:
        return (
            f"{row}: closed at once; a worker then deletes {row.tweet_count:,} posts with all marks on them,"
            f" {row.follower_count + row.following_count:,} follows, and the account"
        )

    @admin.action(description="Deactivate selected users", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: "QuerySet[User]") -> None:
        self._switch(request, queryset, moderation.deactivate, "Deactivated")

    @admin.action(description="Reactivate selected users", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: "QuerySet[User]") -> None:
        self._switch(request, queryset, moderation.reactivate, "Reactivated")

    @admin.action(description="Cancel the deletion that the owner asked for", permissions=["change"])
    def keep(self, request: HttpRequest, queryset: "QuerySet[User]") -> None:
        self._switch(request, queryset, services.keep_account, "Cancelled the deletion of")

    def _switch(self, request: HttpRequest, queryset: "QuerySet[User]", switch: Any, done: str) -> None:
        changed: list[User] = []

        def change(user: User) -> None:
            if self.has_change_permission(request, user) and user.pk != request.user.pk and switch(user=user):
                self.log_change(request, user, f"{done}.")
                changed.append(user)

        in_batches(queryset, change)
        self.message_user(request, f"{done} {len(changed)} users.", messages.SUCCESS)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _may_touch(request: HttpRequest, person: Model | None) -> bool:
    """Superusers are changed by superusers only, or a member of staff could become one."""
    return _is_superuser(request) or not (isinstance(person, User) and person.is_superuser)


class OwnedAdmin(BigTableAdmin):
    """Rows of a library that hang on a user; they are deleted or left alone."""

    list_select_related = ("user",)

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), self.model._default_manager.filter(user__in=people_named(word))]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


admin.site.unregister([EmailAddress, AuthToken])


@admin.register(EmailAddress)
class EmailAddressAdmin(OwnedAdmin):
    list_display = ("id", "email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    search_help_text = "The beginning of an address, or whose it is: a user name or an id."
    actions = ("mark_verified",)

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        return [*super().matches(word), EmailAddress.objects.filter(email__startswith=word.lower()).order_by("email")]

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("account.change_emailaddress")

    @admin.action(description="Mark selected addresses as verified", permissions=["mark"])
    def mark_verified(self, request: HttpRequest, queryset: "QuerySet[EmailAddress]") -> None:
        """By the library's own rule: an address is verified for one account only."""
        marked: list[EmailAddress] = []

        def mark(address: EmailAddress) -> None:
            if address.set_verified():
                marked.append(address)

        in_batches(queryset.filter(verified=False), mark)
        self.message_user(request, f"Marked {len(marked)} addresses as verified.", messages.SUCCESS)


@admin.register(AuthToken)
class AuthTokenAdmin(OwnedAdmin):
    """Only their hashes are stored. Deleting one ends it at once."""

    list_display = ("token_key", "user", "created", "expiry")
    ordering = ("-created",)
    fields = ("token_key", "user", "created", "expiry")
    search_help_text = "The beginning of a token, as shown in the list, or whose it is: a user name or an id."

    def matches(self, word: str) -> "list[QuerySet[Any]]":
        own = people_named(word)
        return [AuthToken.objects.filter(token_key=word[:15]), AuthToken.objects.filter(user__in=own)]

    def deletion_line(self, row: Any) -> str:
        return f"token {row.token_key}… of {row.user}"
