"""What people do."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts import services as accounts
from accounts.tests.factories import UserFactory
from timelines.tests.oracle.world import ANY, PEOPLE, World, any_tweet, followees
from tweets import services as tweets


class Doings(World):
    @rule()
    @precondition(lambda self: len(self.people) < PEOPLE + 2)
    def sign_up(self) -> None:
        self.people.append(UserFactory.create())

    @rule(a=ANY, b=ANY)
    def follow(self, a: int, b: int) -> None:
        follower, followee = self.person(a), self.person(b)
        if follower != followee:
            existed = followee.pk in followees(follower)
            assert accounts.follow(follower=follower, followee=followee) is not existed

    @rule(a=ANY, b=ANY)
    def unfollow(self, a: int, b: int) -> None:
        follower, followee = self.person(a), self.person(b)
        existed = followee.pk in followees(follower)
        assert accounts.unfollow(follower=follower, followee=followee) is existed

    @rule(who=ANY, late=st.booleans())
    def post(self, who: int, late: bool) -> None:
        tweets.post_tweet(author=self.person(who), text="A tweet.")
        self.perhaps_deliver(late)

    @rule(who=ANY, which=ANY, late=st.booleans())
    def reply(self, who: int, which: int, late: bool) -> None:
        if tweet := any_tweet(which):
            tweets.reply(author=self.person(who), to=tweet, text="An answer.")
            self.perhaps_deliver(late)

    @rule(authors=st.lists(ANY, min_size=2, max_size=4), late=st.booleans())
    def post_several(self, authors: list[int], late: bool) -> None:
        for author in authors:
            self.post(author, late)

    @rule(which=ANY)
    def delete(self, which: int) -> None:
        if tweet := any_tweet(which):
            assert tweets.delete_tweet(tweet=tweet, by=tweet.author)

    @rule(who=ANY, which=ANY, name=st.sampled_from(["like", "unlike", "bookmark", "unbookmark"]))
    def mark(self, who: int, which: int, name: str) -> None:
        if tweet := any_tweet(which):
            user = self.person(who)
            entry = (name.removeprefix("un"), user.pk, tweet.pk)
            was, is_undo = entry in self.marks, name.startswith("un")
            assert getattr(tweets, name)(user=user, tweet=tweet) is (was if is_undo else not was)
            (self.marks.discard if is_undo else self.marks.add)(entry)
