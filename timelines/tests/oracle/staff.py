"""What staff do in the admin, sent as their browser would."""

from typing import Any

from django.db.models import Model
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from timelines.tests.oracle.world import ANY, World, any_tweet, are_blocked, followees, sees
from tweets.models import Bookmark, Like, Tweet


class Staff(World):
    def __init__(self) -> None:
        super().__init__()
        self.client: Client | None = None

    @rule(a=ANY, b=ANY)
    def staff_add_a_follow(self, a: int, b: int) -> None:
        """Of a protected account nobody becomes a follower by staff's hands, nor across a block."""
        follower, followee = self.person(a), self.person(b)
        before = followees(follower)
        is_open = not User.objects.get(pk=followee.pk).protected and not are_blocked(follower, followee)
        self.add(Follow, follower=follower.pk, followee=followee.pk)
        assert followees(follower) == before | ({followee.pk} - {follower.pk} if is_open else set())

    @rule(which=st.lists(ANY, min_size=1, max_size=3), late=st.booleans())
    def staff_delete_follows(self, which: list[int], late: bool) -> None:
        self.delete_chosen(Follow, which)
        self.perhaps_deliver(late)

    @rule(who=ANY, which=ANY, late=st.booleans())
    def staff_post_for_somebody(self, who: int, which: int, late: bool) -> None:
        tweet = any_tweet(which)
        answers = {"reply_to": tweet.pk} if tweet and which % 2 else {}
        self.add(Tweet, author=self.person(who).pk, text="From the admin.", **answers)
        self.perhaps_deliver(late)

    @rule(which=st.lists(ANY, min_size=1, max_size=3))
    def staff_delete_tweets(self, which: list[int]) -> None:
        """Some of them are deleted already."""
        self.delete_chosen(Tweet, which)

    @rule(who=ANY, which=ANY, kind=st.sampled_from([Like, Bookmark]))
    def staff_add_a_mark(self, who: int, which: int, kind: type[Like] | type[Bookmark]) -> None:
        """Nobody marks what they may not see, by staff's hands neither."""
        if tweet := any_tweet(which):
            person = self.person(who)
            may_mark = sees(person, tweet)
            self.add(kind, user=person.pk, tweet=tweet.pk)
            if may_mark:
                self.marks.add((kind.__name__.lower(), person.pk, tweet.pk))
            assert kind.objects.filter(user=person, tweet=tweet).exists() or not may_mark

    @rule(which=st.lists(ANY, min_size=1, max_size=3), kind=st.sampled_from([Like, Bookmark]))
    def staff_delete_marks(self, which: list[int], kind: type[Like] | type[Bookmark]) -> None:
        for row in self.delete_chosen(kind, which):
            self.marks.discard((kind.__name__.lower(), row.user_id, row.tweet_id))

    @rule(who=ANY, late=st.booleans())
    @precondition(lambda self: len(self.people) > 2)
    def staff_delete_a_person(self, who: int, late: bool) -> None:
        """What they wrote and liked is there until a worker has erased it; nobody reads as them any more."""
        person = self.person(who)
        self.send(User, f"{person.pk}/delete/", post="yes")
        self.people.remove(person)
        self.builds.pop(person.pk, None)
        self.perhaps_deliver(late)

    def add(self, model: type[Model], **fields: Any) -> None:
        self.send(model, "add/", **fields)

    def delete_chosen(self, model: type[Model], which: list[int]) -> list[Any]:
        """The rows that were: one on its own page, several by the list's action."""
        if not (rows := list(model._default_manager.order_by("pk"))):
            return []
        chosen = list({row.pk: row for row in (rows[n % len(rows)] for n in which)}.values())
        if len(chosen) == 1:
            self.send(model, f"{chosen[0].pk}/delete/", post="yes")
        else:
            ids = [row.pk for row in chosen]
            self.send(model, "", action="delete_selected", _selected_action=ids, post="yes")
        return chosen

    def send(self, model: type[Model], page: str, **data: Any) -> None:
        """The page answers by a redirect, or by itself when it refuses what was sent."""
        if self.client is None:
            self.client = Client()
            self.client.force_login(UserFactory.create(is_staff=True, is_superuser=True, last_active_on=None))
        answer = self.client.post(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{page}", data)
        assert answer.status_code == (200 if answer.context and "adminform" in answer.context else 302)
