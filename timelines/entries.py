"""What stands on a timeline: entries, of which several can show the same post.

An entry is a row of `tweets`: a post, or a retweet of one. A page shows each post once, at the place of its newest
entry; the others on the same page are folded into it. The cursor is the id of the last entry that the page has taken.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from accounts.models import User
from socialgraph.pagination import Page, encode_cursor
from tweets.cards import Card, Group, cards_of

MOST_AT_ONCE = 400
"""Entries in one query."""


@dataclass(frozen=True)
class Entry:
    id: int
    shown_id: int
    """The post: the entry itself, or what it retweets."""
    author_id: int
    username: str
    display_name: str

    @property
    def is_retweet(self) -> bool:
        return self.shown_id != self.id


@dataclass
class Shown:
    """One post of a page with the entries that show it, the newest first."""

    post_id: int
    entries: list[Entry] = field(default_factory=list)


Source = Callable[[int], list[Entry] | None]
"""The next entries, newest first, with about so many looked at; None when there are no more."""


def fill(source: Source, limit: int) -> tuple[list[Shown], int | None]:
    """(up to `limit` posts, the id under which the next page begins; None when nothing follows).

    Looks at more and more entries at once, so that a page of which much is left out costs few queries.
    """
    page: dict[int, Shown] = {}
    last = 0
    for entry in _all_of(source, limit + 1):
        if entry.shown_id not in page and len(page) == limit:
            return list(page.values()), last
        page.setdefault(entry.shown_id, Shown(entry.shown_id)).entries.append(entry)
        last = entry.id
    return list(page.values()), None


def _all_of(source: Source, count: int) -> Iterator[Entry]:
    while (entries := source(count)) is not None:
        yield from entries
        count = min(2 * count, MOST_AT_ONCE)


def hydrate(
    viewer: User | None, shown: list[Shown], next_id: int | None, known: Mapping[int, Card] = MappingProxyType({})
) -> Page[Card]:
    """The cards of a filled page, each with its `entries`; one query, or none where all of them are `known`.

    A post that went in the moment since is left out.
    """
    unknown = [post.post_id for post in shown if post.post_id not in known]
    found = {**known, **cards_of(viewer, unknown, are_judged=True)}
    group = Group(viewer)
    for post in shown:
        if card := found.get(post.post_id):
            card.entries, card.group = post.entries, group
            group.cards[card.pk] = card
    results = list(group.cards.values())
    return Page(results, None if next_id is None else encode_cursor(next_id))


def entry_of(card: Card) -> int:
    """The id of the newest entry that put the card of `hydrate` where it is."""
    return entries_of(card)[0]


def entries_of(card: Card) -> list[int]:
    """Ids of all its entries on that page, newest first."""
    return [entry.id for entry in card.entries]


def authors_of(card: Card) -> list[int]:
    """Ids of those by whom it came."""
    return [entry.author_id for entry in card.entries]
