"""Made-up tweets, replies and likes of the last days, for measuring on much data."""

import datetime as dt
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from random import Random
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from accounts.generating import Urn, apportion
from socialgraph.bulk import analyze, fast_filling, has_fewer, one_at_a_time, without_triggers
from socialgraph.progress import Meter, silent
from socialgraph.snowflake import BULK_SHARD, SEQUENCE_BITS, TIME_SHIFT, BulkIds, first_id_at, moment_of
from tweets.threads import path_below

DAYS = 30
SLICE = 100_000  # tweets in one COPY, and in one for their likes
REPLY_SHARE, REPLY_TO_LAST = 0.25, 2_000  # a reply answers one of so many tweets before it
MENTION_SHARE, HASHTAG_SHARE = 0.1, 0.3
AUTHOR_EXPONENT, LIKER_EXPONENT, HASHTAG_EXPONENT = 1.0, 0.8, 1.0  # of power laws: a few do, and get, much
FLATTENED_HEAD = (
    5_000  # one more rank at the top is near the first for so many users, so that nobody writes half of all
)
APPEAL_SIGMA = 2.0  # of the log-normal that likes are spread by: half of all goes to one tweet in forty
VOCABULARY = (
    "about after again air always answer apple around autumn back basket before begin bird blue book bread bridge bring"
    " bus call candle cat change city clear clock cloud coat coffee cold colour corner cup dance day deep dinner dog"
    " door dream early easy evening every fall far field find fire first floor flower follow friend garden gentle glass"
    " gold good grass green half hand happy harbour heavy hill home honey hour house idea island jacket journey keep"
    " kitchen kite lake lamp late laugh leaf letter light listen little long lucky lunch many map market maybe meadow"
    " milk minute moon morning mountain music near never new next night north ocean often old open orange other paper"
    " park pencil people piano picture place plan play pocket quiet rain read red ride river road roof round sail salt"
    " same sand sea second seven shoe short simple sing sister sky sleep slow small smile snow soft song soup south"
    " spring square star station stone story street sugar summer sun table tea tell ten thing three ticket time today"
    " together tomorrow tower town train travel tree under upon valley very voice wait walk warm watch water week west"
    " wild wind window winter wonder wood word work world write yellow yesterday"
)
WORDS = VOCABULARY.split()
HASHTAGS = [f"{first}{second}" for first in WORDS[::9] for second in WORDS[4::11] if first != second]
COLUMNS = "id, author_id, text, reply_to_id, conversation_id, thread_path, hashtags, mentions, created_at, updated_at"


@dataclass(frozen=True)
class Generated:
    replies: int
    author_ids: list[int]
    """Everybody who may have written: their own lists in Redis lack the new tweets."""


class Person(NamedTuple):
    id: int
    username: str


class Draft(NamedTuple):
    id: int
    author_id: int
    text: str
    parent_id: int | None
    root_id: int | None
    """The root of the thread; None on the root itself."""
    path: bytes | None
    hashtags: list[str]
    mentions: list[int]

    def line(self) -> str:
        """For COPY; the texts hold nothing that needs escaping there."""
        tags, mentions = ",".join(self.hashtags), ",".join(map(str, self.mentions))
        parent, root = (r"\N" if i is None else i for i in (self.parent_id, self.root_id))
        path = r"\N" if self.path is None else rf"\\x{self.path.hex()}"
        moment = moment_of(self.id).isoformat()
        return (
            f"{self.id}\t{self.author_id}\t{self.text}\t{parent}\t{root}"
            f"\t{path}\t{{{tags}}}\t{{{mentions}}}\t{moment}\t{moment}\n"
        )


@dataclass
class Tally:
    """What the triggers would count; of tweets in the order of their ids."""

    tweet_ids: "array[int]" = field(default_factory=lambda: array("q"))
    likes: "array[int]" = field(default_factory=lambda: array("q"))
    replies: Counter[int] = field(default_factory=Counter)
    """By what they answer."""
    written: Counter[int] = field(default_factory=Counter)
    """By author."""

    def add(self, drafts: list[Draft], likes: "array[int]") -> None:
        self.tweet_ids.extend([draft.id for draft in drafts])
        self.likes.extend(likes)
        self.replies.update([draft.parent_id for draft in drafts if draft.parent_id is not None])
        self.written.update([draft.author_id for draft in drafts])


def generate_activity(*, tweets: int, likes: int, seed: int, meter: Meter = silent) -> Generated:
    """Tweets by existing users, spread over the last 30 days under ids of their own time, and likes of these tweets.

    One transaction, at whose end counts are right. It sends no events: home timelines are outdated in the same
    transaction, authors' own lists must be dropped by the caller. Raises ValueError when it cannot be.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        one_at_a_time(cursor)
        cursor.execute("SELECT id, username FROM users WHERE is_active ORDER BY id")
        people = [Person(*row) for row in cursor.fetchall()]
        if tweets and not people:
            raise ValueError("there are no users who could write")
        if not 0 <= likes <= tweets * len(people):
            raise ValueError(f"{tweets} tweets and {len(people)} users have room for 0 to {tweets * len(people)} likes")
        filled = {"tweets": tweets, "tweet_counts": tweets, "likes": likes}
        if has_fewer(cursor, "tweets", tweets):  # then users is locked anyway, and all its rows are written anew
            filled["users"] = len(people) + 1
        with fast_filling(cursor, filled), without_triggers(cursor, "tweets", "likes"):
            tally = _copy(cursor, tweets, likes, people, Random(seed), meter)
            _copy_counts(cursor, tally)
            _credit_authors(cursor, tally.written)
        analyze(cursor, "users", "tweets", "tweet_counts", "likes")
    return Generated(tally.replies.total(), [person.id for person in people])


def _copy(cursor: Any, tweets: int, likes: int, people: list[Person], random: Random, meter: Meter) -> Tally:
    tally, liked = Tally(), 0
    drafts = _drafts(random, people, _ids(random, tweets, _unused_shard(cursor)))
    likers = _urn(random, len(people), LIKER_EXPONENT)
    like_ids = map(BulkIds(cursor).__getitem__, count())
    with meter("tweeting", tweets, "tweets") as tweeting, meter("liking", likes, "likes") as liking:
        for end in range(SLICE, tweets + SLICE, SLICE):
            batch = list(islice(drafts, SLICE))
            with cursor.copy(f"COPY tweets ({COLUMNS}) FROM STDIN") as copy:
                copy.write("".join([draft.line() for draft in batch]))
            tweeting.advance(len(batch))
            upto = likes * min(end, tweets) // tweets
            appeal = [random.lognormvariate(0, APPEAL_SIGMA) for _ in batch]
            shares = apportion(upto - liked, appeal, most=len(people))
            with cursor.copy("COPY likes (id, user_id, tweet_id) FROM STDIN") as copy:
                copy.write("".join(_likes(likers, people, batch, shares, like_ids)))
            tally.add(batch, shares)
            liking.advance(upto - liked)
            liked = upto
    return tally


def _copy_counts(cursor: Any, tally: Tally) -> None:
    with cursor.copy("COPY tweet_counts (tweet_id, like_count, reply_count) FROM STDIN") as copy:
        for tweet_id, likes in zip(tally.tweet_ids, tally.likes, strict=True):
            copy.write(f"{tweet_id}\t{likes}\t{tally.replies[tweet_id]}\n")


def _credit_authors(cursor: Any, written: Counter[int]) -> None:
    """Their counts; and everybody's next home read rebuilds the list, which lacks the new tweets."""
    cursor.execute(
        "WITH everybody AS MATERIALIZED (SELECT id FROM users ORDER BY id FOR NO KEY UPDATE)"
        " UPDATE users SET graph_version = graph_version + 1, tweet_count = tweet_count + coalesce(w.tweets, 0)"
        " FROM everybody e LEFT JOIN unnest(%s::bigint[], %s::int[]) AS w(author_id, tweets) ON w.author_id = e.id"
        " WHERE users.id = e.id",
        [list(written), list(written.values())],
    )


def _unused_shard(cursor: Any) -> int:
    """The highest shard number below BULK_SHARD that no tweet of the period has: no id made from it can exist.

    The database's own snowflake() counts within the shard of its setting, from 0.
    """
    cursor.execute(
        "SELECT DISTINCT (id >> %s) & %s FROM tweets WHERE id >= %s",
        [SEQUENCE_BITS, BULK_SHARD, first_id_at(timezone.now() - dt.timedelta(days=DAYS + 1))],
    )
    free = set(range(1, BULK_SHARD)) - {shard for (shard,) in cursor.fetchall()}
    if not free:
        raise ValueError(f"all shard numbers were used in the last {DAYS} days")
    return max(free)


def _ids(random: Random, count: int, shard: int) -> Iterator[int]:
    """Ascending snowflakes of this shard, evenly spread over the last DAYS; each differs in time or in sequence."""
    now = (first_id_at(timezone.now()) >> TIME_SHIFT) - 1
    start, span = now - DAYS * 24 * 3600 * 1000, DAYS * 24 * 3600 * 1000
    last = sequence = -1
    for number in range(count):
        millisecond = start + int((number + random.random()) / count * span)
        sequence = sequence + 1 if millisecond == last else 0
        last = millisecond
        yield millisecond << TIME_SHIFT | shard << SEQUENCE_BITS | sequence


def _urn(random: Random, size: int, exponent: float) -> Urn:
    return Urn(random, size, exponent=exponent, flattened=1 + size / FLATTENED_HEAD)


def _drafts(random: Random, people: list[Person], ids: Iterator[int]) -> Iterator[Draft]:
    authors = _urn(random, len(people), AUTHOR_EXPONENT)
    tags = _urn(random, len(HASHTAGS), HASHTAG_EXPONENT)
    recent: list[Draft] = []
    for number, tweet_id in enumerate(ids):
        [author] = authors.draw(1)
        parent = random.choice(recent) if recent and random.random() < REPLY_SHARE else None
        mentioned = [people[authors.draw(1)[0]]] if random.random() < MENTION_SHARE else []
        tag_count = random.choice((1, 1, 2)) if random.random() < HASHTAG_SHARE else 0
        hashtags = [HASHTAGS[i] for i in dict.fromkeys(tags.draw(tag_count))]
        draft = Draft(
            tweet_id,
            people[author].id,
            _text(random, hashtags, mentioned),
            parent and parent.id,
            parent and (parent.root_id or parent.id),
            parent and path_below(parent.path, tweet_id),
            hashtags,
            [person.id for person in mentioned],
        )
        place = number % REPLY_TO_LAST
        recent[place : place + 1] = [draft]
        yield draft


def _text(random: Random, hashtags: list[str], mentioned: list[Person]) -> str:
    """At most 20 words of 9 letters, a name and two tags: under 280 characters, without anything to escape."""
    words = random.choices(WORDS, k=random.randint(3, 20))
    names, tags = (f"@{person.username}" for person in mentioned), (f"#{tag}" for tag in hashtags)
    return " ".join([*names, " ".join(words).capitalize() + random.choice(".!?…"), *tags])


def _likes(
    likers: Urn, people: list[Person], tweets: list[Draft], shares: Sequence[int], ids: Iterator[int]
) -> Iterator[str]:
    """Lines for COPY: who likes which of these tweets, each pair once."""
    for tweet, likes in zip(tweets, shares, strict=True):
        for liker in likers.draw_distinct(likes):
            yield f"{next(ids)}\t{people[liker].id}\t{tweet.id}\n"
