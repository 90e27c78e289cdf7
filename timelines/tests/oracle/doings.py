"""What people do."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.models import User
from accounts.tests.factories import UserFactory
from timelines.tests.oracle.relating import Relating
from timelines.tests.oracle.world import ANY, PEOPLE, WORDS, any_tweet, is_retweeted, may_pass_on, sees
from tweets import services as tweets
from tweets.models import Draft, Tweet, TweetVersion


class Doings(Relating):
    @rule()
    @precondition(lambda self: len(self.people) < PEOPLE + 2)
    def sign_up(self) -> None:
        self.people.append(UserFactory.create())

    @rule(who=ANY, late=st.booleans(), word=st.sampled_from(WORDS))
    def post(self, who: int, late: bool, word: str = "tweet") -> None:
        if self.is_here(who):
            tweets.post_tweet(author=self.person(who), text=f"A {word.title()}.")
            self.perhaps_deliver(late)

    @rule(who=ANY, which=ANY, late=st.booleans())
    def reply(self, who: int, which: int, late: bool) -> None:
        if (tweet := any_tweet(which)) and self.is_here(who):
            if sees(self.person(who), tweet):
                tweets.reply(author=self.person(who), to=tweet, text="An answer.")
            else:
                with pytest.raises(ValidationError):
                    tweets.reply(author=self.person(who), to=tweet, text="An answer.")
            self.perhaps_deliver(late)

    @rule(who=ANY, which=ANY, late=st.booleans())
    def quote(self, who: int, which: int, late: bool) -> None:
        if (tweet := any_tweet(which)) and self.is_here(who):
            person = self.person(who)
            if may_pass_on(person, tweet):
                tweets.post_tweet(author=person, text="Look at this.", quote_of=tweet)
            else:
                with pytest.raises(ValidationError):
                    tweets.post_tweet(author=person, text="Look at this.", quote_of=tweet)
            self.perhaps_deliver(late)

    @rule(which=ANY, word=st.sampled_from(WORDS))
    def edit(self, which: int, word: str) -> None:
        """What mutes its new word no longer shows it, and what muted its old one does."""
        if tweet := any_tweet(which):
            text = f"Now a {word}."
            if User.objects.filter(pk=tweet.author_id, is_active=True).exists():
                assert tweets.edit_tweet(tweet=tweet, by=tweet.author, text=text) is (tweet.text != text)
                tweet.refresh_from_db()
                assert TweetVersion.objects.filter(tweet=tweet).count() == tweet.version - 1
            else:
                with pytest.raises(PermissionDenied):
                    tweets.edit_tweet(tweet=tweet, by=tweet.author, text=text)

    @rule(who=ANY, which=ANY, late=st.booleans())
    def retweet(self, who: int, which: int, late: bool) -> None:
        if (tweet := any_tweet(which)) and self.is_here(who):
            person = self.person(who)
            if is_retweeted(person, tweet):
                assert not tweets.retweet(user=person, tweet=tweet)
            elif may_pass_on(person, tweet):
                assert tweets.retweet(user=person, tweet=tweet)
            else:
                with pytest.raises(ValidationError):
                    tweets.retweet(user=person, tweet=tweet)
            self.perhaps_deliver(late)

    @rule(who=ANY, late=st.booleans(), is_sent=st.booleans(), word=st.sampled_from(WORDS))
    def post_in_an_undo_window(self, who: int, late: bool, is_sent: bool, word: str) -> None:
        """Until the window ends there is no post; whoever takes it back never posted."""
        if not self.is_here(who):
            return
        person, posted = self.person(who), Tweet.objects.count()
        draft = tweets.draft_post(author=person, text=f"Wait, a {word}.", seconds=0 if is_sent else 30)
        assert Tweet.objects.count() == posted
        if is_sent:
            assert tweets.post_due_drafts() == 1
        else:
            assert isinstance(draft, Draft)
            assert tweets.take_back(author=person, draft_id=draft.pk)
            assert tweets.discard_draft(author=person, draft_id=draft.pk)
        assert Tweet.objects.count() == posted + is_sent
        self.perhaps_deliver(late)

    @rule(which=ANY, late=st.booleans())
    def everybody_retweets(self, which: int, late: bool) -> None:
        for who in range(len(self.people)):
            self.retweet(who, which, late)

    @rule(who=ANY, which=ANY)
    def undo_a_retweet(self, who: int, which: int) -> None:
        if tweet := any_tweet(which):
            was = is_retweeted(self.person(who), tweet)
            assert tweets.unretweet(user=self.person(who), tweet=tweet) is was

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
            if not is_undo and not sees(user, tweet):
                with pytest.raises(PermissionDenied):
                    getattr(tweets, name)(user=user, tweet=tweet)
                return
            assert getattr(tweets, name)(user=user, tweet=tweet) is (was if is_undo else not was)
            (self.marks.discard if is_undo else self.marks.add)(entry)
