"""What the demo people said in the last weeks, to whom, and who liked and kept it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from timelines.demo.debate import debate
from timelines.demo.people import DAYS, Person
from timelines.demo.stock import EVERYDAY, Thread, Topic, Writer, fitting, language, table, topic

DEBATE_FROM = 1_000  # posts; a smaller community has no conversation that long
REPLY_SHARE = 0.42
OWN_TOPIC, OWN_LANGUAGE = 0.75, 0.3  # of a person's openings; the language first, where there is one
PICTURE_SHARE = 0.5  # of openings whose thread has a picture
RECENT = 1.5  # how much more is of the last days
BACK_AFTER = 2  # answers a thread has for each word that the author says back
REPLY_MINUTES, REPLY_SIGMA = 35, 1.3
DEMO_OPENINGS, DEMO_ANSWERS = 14, 3.0  # posts of the demo user; times as many answers as others get
LIKE_SHARE, LIKE_SIGMA, LIKE_HOURS = 0.1, 0.8, 3.0
BOOKMARK_SHARE = 0.05
DEMO_BOOKMARKS = 18
MINUTE = 1 / (24 * 60)  # of a day


@dataclass
class Post:
    author: Person
    text: str
    age: float
    """Days before now."""
    values: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    """Templates that fit it, with the words back to each; `values` fill their slots."""
    backs: dict[str, list[str]] = field(default_factory=dict)
    is_in_own_language: bool = False
    parent: "Post | None" = None
    was_taken_back: bool = False
    is_debate: bool = False
    """Of the one long conversation."""
    picture: str = ""
    mentioned: Person | None = None
    likes: list[tuple[int, float]] = field(default_factory=list)
    """(person's number, days ago); so are `bookmarks`."""
    bookmarks: list[tuple[int, float]] = field(default_factory=list)


class Chronicle:
    """All posts of a community, the oldest first in `posts`."""

    def __init__(self, random: Random, people: Sequence[Person], count: int) -> None:
        self._random = random
        self._people = people
        self._writer = Writer(random)
        self._followers: dict[int, list[Person]] = {person.number: [] for person in people}
        for person in people:
            for followed, _ in person.follows:
                self._followers[followed].append(person)
        talk = self._debate() if count >= DEBATE_FROM else []
        count -= len(talk)
        openings = [self._opening(author) for author in self._authors(round(count * (1 - REPLY_SHARE)))]
        replies = self._replies(openings, count - len(openings))
        self.posts = sorted([*openings, *replies, *talk], key=lambda post: -post.age)
        for post in self.posts:
            self._mark(post)
        self._keep_for_the_demo_user()

    def _debate(self) -> list[Post]:
        """The one long conversation."""
        made: dict[str, Post] = {}
        for said in debate(self._random, self._people):
            parent = made[said.parent] if said.place else None
            made[said.place] = Post(
                said.author, said.text, said.age, parent=parent, was_taken_back=said.was_taken_back, is_debate=True
            )
        return list(made.values())

    def _authors(self, count: int) -> list[Person]:
        """Few write much; the demo user writes a fixed number, staff and quiet people nothing."""
        writers = [person for person in self._people[2:] if not person.is_quiet]
        eagerness = [self._random.lognormvariate(0, 0.8) * (0.3 + person.fame) for person in writers]
        demo = [self._people[0]] * min(DEMO_OPENINGS, count)
        return [*demo, *self._random.choices(writers, eagerness, k=count - len(demo))]

    def _opening(self, author: Person) -> Post:
        """Raises ValueError when the stock has no words for so many posts."""
        friend = self._people[self._random.choice(author.follows)[0]]
        for source in self._sources(author):
            for thread in self._writer.threads(source.threads):
                if opened := self._writer.opening(thread, source.slots, friend.username):
                    return self._opened(author, friend, thread, *opened)
        raise ValueError("the stock has no words for so many posts")

    def _sources(self, author: Person) -> list[Topic]:
        """What the author may write about, the likeliest first."""
        sources = [topic(author.topic), topic(EVERYDAY)]
        if self._random.random() > OWN_TOPIC:
            sources.reverse()
        if author.language and self._random.random() < OWN_LANGUAGE:
            sources.insert(0, language(author.language))
        return sources

    def _opened(
        self, author: Person, friend: Person, thread: Thread, place: int, text: str, values: dict[str, str]
    ) -> Post:
        is_in_own_language = thread in language_threads(author.language)
        has_picture = thread.picture and self._random.random() < PICTURE_SHARE
        return Post(
            author,
            text,
            age=DAYS * self._random.random() ** RECENT,
            values=values,
            answers=fitting(thread.answer, place) + ([] if is_in_own_language else self._general(text)),
            backs={answer: fitting(thread.back, n) for n, answer in enumerate(thread.answer)},
            is_in_own_language=is_in_own_language,
            picture=thread.picture if has_picture else "",
            mentioned=friend if f"@{friend.username}" in text else None,
        )

    def _replies(self, openings: list[Post], count: int) -> Iterator[Post]:
        """`count` replies, if the threads have so many words and people."""
        weights = [self._random.lognormvariate(0, 1) * self._draw_of(post) for post in openings]
        wanted = {id(post): 0 for post in openings}
        rooms = {id(post): self._room(post) for post in openings}
        missing = min(count, sum(rooms.values()))
        while missing:
            post = self._random.choices(openings, weights)[0]
            if wanted[id(post)] < rooms[id(post)]:
                wanted[id(post)] += 1
                missing -= 1
        for post in openings:
            yield from self._conversation(post, wanted[id(post)])

    def _draw_of(self, post: Post) -> float:
        own = DEMO_ANSWERS if post.author.number == 0 else 1.0
        return own * (1 + len(self._readers(post)))

    def _readers(self, post: Post) -> list[Person]:
        """Who may answer: followers, and for another language than English those who speak it."""
        if post.is_in_own_language:
            same = [p for p in self._people if p.language == post.author.language and p is not post.author]
            return [person for person in same if not person.is_quiet]
        return [person for person in self._followers[post.author.number] if not person.is_quiet and person.number > 1]

    def _room(self, post: Post) -> int:
        answers = min(len(post.answers), len(self._readers(post)))
        return answers + min(sum(bool(post.backs.get(answer)) for answer in post.answers), answers // BACK_AFTER)

    def _conversation(self, root: Post, count: int) -> Iterator[Post]:
        """About a third of the replies are the author's, each to an answer that it is a word to."""
        answerable = [answer for answer in root.answers if root.backs.get(answer)]
        backs = min(len(answerable), count // (BACK_AFTER + 1))
        chosen = self._random.sample(answerable, backs)
        left = [answer for answer in root.answers if answer not in chosen]
        for person in self._random.sample(self._readers(root), count - backs):
            template = chosen[0] if chosen else self._writer.least_used(left)
            answer = Post(person, self._writer.fill(template, root.values), self._later(root.age), parent=root)
            yield answer
            if chosen:
                chosen.remove(template)
                back = self._writer.least_used(root.backs[template])
                text = self._writer.fill(back, root.values)
                yield Post(root.author, text, self._later(answer.age), parent=answer)
            else:
                left.remove(template)

    def _general(self, text: str) -> list[str]:
        """Two answers that fit anything of its kind."""
        everyday = table(EVERYDAY)
        return self._random.sample(everyday["wonder" if "?" in text else "praise"], 2)

    def _later(self, age: float) -> float:
        """Some minutes after a moment, and before now."""
        after = MINUTE * self._random.lognormvariate(math.log(REPLY_MINUTES), REPLY_SIGMA)
        return age - after if after < age else age * self._random.uniform(0.3, 0.9)

    def _mark(self, post: Post) -> None:
        if post.was_taken_back:
            return
        share = LIKE_SHARE * self._random.lognormvariate(0, LIKE_SIGMA) * (0.5 if post.parent else 1.0)
        share *= 1.6 if post.picture else 1.0
        readers = [person for person in self._followers[post.author.number] if person.number != 1]
        if post.parent is not None and post.parent.author is not post.author:
            readers = list({p.number: p for p in [*readers, post.parent.author]}.values())
        number = min(len(readers), int(share * len(readers) + self._random.random()))
        post.likes = [(person.number, self._hours_later(post.age)) for person in self._random.sample(readers, number)]
        if not post.parent and readers and self._random.random() < BOOKMARK_SHARE * 4:
            keepers = self._random.sample(readers, min(len(readers), self._random.choice((1, 1, 1, 2, 3))))
            post.bookmarks = [(p.number, self._hours_later(post.age)) for p in keepers if p.number != 0]

    def _keep_for_the_demo_user(self) -> None:
        followed = {number for number, _ in self._people[0].follows}
        seen = [post for post in self.posts if post.author.number in followed and not post.parent]
        for post in self._random.sample(seen, min(DEMO_BOOKMARKS, len(seen))):
            post.bookmarks.append((0, self._hours_later(post.age)))

    def _hours_later(self, age: float) -> float:
        after = self._random.expovariate(24 / LIKE_HOURS)
        return age - after if after < age else age * self._random.random()


def language_threads(name: str) -> list[Thread]:
    return language(name).threads if name else []
