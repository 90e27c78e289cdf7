"""What stands on a timeline: entries, of which several can show the same post.

An entry is a row of `tweets`: a post, or a retweet of one. A page shows each post once, at the place of its newest
entry; the others on the same page are folded into it. The cursor is the id of the last entry that the page has taken.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from accounts.models import User
from socialgraph.pagination import Page, encode_cursor
from tweets.cards import Card, Group, cards_of

MOST_AT_ONCE = 400
"""Entries in one query."""


class Entry(NamedTuple):
    id: int
    shown_id: int
    """The post: the entry itself, or what it retweets."""
    author_id: int
    username: str
    display_name: str


Shown = dict[int, list[Entry]]
"""The posts of a page in their order, each with the entries that show it, the newest first."""
Source = Callable[[int], list[Entry] | None]
"""The next entries, newest first, with about so many looked at; None when there are no more."""


def fill(source: Source, limit: int) -> tuple[Shown, int | None]:
    """(up to `limit` posts, the id under which the next page begins; None when nothing follows).

    Looks at more and more entries at once, so that a page of which much is left out costs few queries.
    """
    page: Shown = {}
    last = 0
    for entry in _all_of(source, limit + 1):
        entry_id, post_id = entry[:2]
        if post_id in page:
            page[post_id].append(entry)
        elif len(page) == limit:
            return page, last
        else:
            page[post_id] = [entry]
        last = entry_id
    return page, None


def _all_of(source: Source, count: int) -> Iterator[Entry]:
    while (entries := source(count)) is not None:
        yield from entries
        count = min(2 * count, MOST_AT_ONCE)


def hydrate(
    viewer: User | None, shown: Shown, next_id: int | None, known: Mapping[int, Card] = MappingProxyType({})
) -> Page[Card]:
    """The cards of a filled page, each with its `entries`; one query, or none where all of them are `known`.

    A post that went in the moment since is left out.
    """
    unknown = [post_id for post_id in shown if post_id not in known]
    found = {**known, **cards_of(viewer, unknown, are_judged=True)} if unknown else known
    group = Group(viewer)
    for post_id, entries in shown.items():
        if card := found.get(post_id):
            card.entries, card.group = entries, group
            group.cards[post_id] = card
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
