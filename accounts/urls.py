"""Pages about people, and the account pages: allauth's that this site has templates for, and our own."""

from allauth.account import views as allauth
from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from accounts.views import boundaries, email, leaving, people, profile, sign_up

A_NAME = "(?P<username>[A-Za-z0-9_]{1,15})"

urlpatterns = [
    path("accounts/", RedirectView.as_view(pattern_name="edit_profile"), name="account"),
    path("accounts/signup/", sign_up.sign_up, name="account_signup"),
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/profile/", profile.edit, name="edit_profile"),
    path("accounts/posting/", profile.posting, name="posting_settings"),
    path("accounts/email/", email.address, name="account_email"),
    re_path(r"^accounts/email/confirm/(?P<key>[-:\w]+)/$", allauth.confirm_email, name="account_confirm_email"),
    path("accounts/password/", never_cache(allauth.password_change), name="account_change_password"),
    # Who has no password, as an account that was loaded from a file, proves by mail to be its owner.
    path(
        "accounts/password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path("accounts/password/reset/", allauth.password_reset, name="account_reset_password"),
    path("accounts/password/reset/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-:\w]+)/$",
        never_cache(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("accounts/leave/", leaving.leave, name="account_leave"),
    path("accounts/privacy/", boundaries.protection, name="protection"),
    path("accounts/blocked/", boundaries.blocked_people, name="blocked_people"),
    path("accounts/muted/", boundaries.muted_people, name="muted_people"),
    path("accounts/words/", boundaries.muted_words, name="muted_words"),
    path("accounts/words/<int:word_id>/remove/", boundaries.unmute_word, name="unmute_word"),
    path("requests/", boundaries.requests_received, name="follow_requests"),
    path("requests/sent/", boundaries.requests_sent, name="sent_requests"),
    path("people/", people.look_up, name="people"),
    re_path(rf"^{A_NAME}/followers/$", people.followers_of, name="followers"),
    re_path(rf"^{A_NAME}/following/$", people.followed_by, name="following"),
]
