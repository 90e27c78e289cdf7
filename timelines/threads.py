"""Pages of a conversation: the chain above a post and the tree below it, with the cards and the gaps.

How the tree is drawn is decided here too, so that the templates only write it down.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from accounts.models import User
from accounts.muting import hides
from socialgraph.pagination import encode_cursor
from timelines.pages import Asked
from tweets import conversations
from tweets.conversations import Chain, Muting, Node, State
from tweets.models import Tweet
from tweets.selectors import by_id, cards
from tweets.threads import level_of

INDENTS = 4
"""Classes `in-1` … that the style sheet has; branches below them say whom they answer."""


@dataclass
class Item:
    """A line of a conversation: a card, or what stands in its place."""

    id: int
    parent_id: int = 0
    depth: int = 0
    """Below the post that the page is about; 1 for its answers."""
    is_flat: bool = False
    state: State = State.SHOWN
    card: Tweet | None = None
    muted: str = ""
    """Why the card is folded: `person`, `word`, or not at all."""
    count: int = 1
    """Placeholders in a row are one line."""
    indent: int = 0
    is_tied: bool = False
    """It continues the line above it: the one answer to what stands there."""
    has_tail: bool = False
    """What follows is tied to it."""
    is_apart: bool = False
    """What it answers does not stand right above it, so it says whom it answers."""
    takes_focus: bool = False
    is_skip: bool = False
    """Stands for `count` posts that are left out; for a number that nobody knows, 0."""

    @property
    def classes(self) -> str:
        """Of the style sheet."""
        indent = f"in in-{self.indent}" if self.indent else ""
        signs = {"tied": self.is_tied, "tail": self.has_tail, "apart": self.is_apart}
        return " ".join(filter(None, ["row", indent, *(name for name, is_set in signs.items() if is_set)]))

    @property
    def whom(self) -> str:
        """Whom it answers, where only the drawing says that."""
        return getattr(self.card, "replied_to", "") if (self.indent or self.is_tied) and not self.is_apart else ""


@dataclass(frozen=True)
class Above:
    """What a post answers, the beginning first."""

    items: list[Item] = field(default_factory=list)
    earlier: Item | None = None
    """The page of this one goes on with what is left out."""


@dataclass(frozen=True)
class Conversation:
    card: Tweet | None
    """Of the post itself; None where it is deleted or the viewer may not see it."""
    above: Above
    items: list[Item]
    """In the order in which the tree is read, not laid out and not merged yet."""
    next: str | None

    @property
    def cards(self) -> list[Tweet]:
        others = [item.card for item in (*self.above.items, *self.items) if item.card is not None]
        return [self.card, *others] if self.card else others


def conversation(tweet: Tweet, viewer: User | None, asked: Asked) -> Conversation:
    """The tweet with a page of what stands below it, and on the first page what stands above it. It may be deleted.

    Whether the viewer may see it is not asked before: where a tweet that is not deleted has no `card`, the caller shows
    nothing. The places, their cards, what the viewer mutes; on a later page the cursor's place; and one query more
    where something is not shown, or the tweet stands on the last level of the tree. Raises InvalidCursor.
    """
    chain = conversations.above(tweet, limit=settings.THREAD_ABOVE) if asked.cursor is None else Chain([])
    return _page(tweet, viewer, asked, chain, [Item(tweet.pk)] if tweet.deleted_at is None else [])


def below(tweet: Tweet, viewer: User | None, asked: Asked) -> Conversation:
    """As `conversation`, without the tweet itself and what stands above."""
    return _page(tweet, viewer, asked, Chain([]), [])


def _page(tweet: Tweet, viewer: User | None, asked: Asked, chain: Chain, own: list[Item]) -> Conversation:
    after = None if asked.cursor is None else conversations.path_of_cursor(tweet, asked.cursor)
    places = conversations.below(tweet, viewer, after=after, limit=asked.limit + 1)
    on_page = places[: asked.limit]
    nodes = list(conversations.with_gaps(tweet, on_page, after=after))
    items = [_item(tweet, node) for node in nodes]
    above = [Item(tweet_id) for tweet_id in chain.ids]
    _fill([*own, *above, *items], viewer)
    next_cursor = encode_cursor(on_page[-1].id) if len(places) > asked.limit else None
    return Conversation(own[0].card if own else None, _above(chain, above), items, next_cursor)


def _item(tweet: Tweet, node: Node) -> Item:
    depth = max(1, level_of(node.path) - level_of(tweet.thread_path))
    return Item(node.id, node.parent_id, depth, node.is_flat, node.state)


def _fill(items: Sequence[Item], viewer: User | None) -> None:
    """Put in the cards, and where there is none, what may be said of it; at most three queries."""
    wanted = [item.id for item in items if item.state is State.SHOWN]
    found = by_id(cards(viewer), wanted)
    missing = [item.id for item in items if item.state is not State.DELETED and item.id not in found]
    states = conversations.states(viewer, missing)
    muting = conversations.muting(viewer, {card.author_id for card in found.values()})
    for item in items:
        item.card = found.get(item.id)
        item.state = State.SHOWN if item.card else states.get(item.id, State.DELETED)
        item.muted = _muted(item.card, viewer, muting) if item.card else ""


def _muted(card: Any, viewer: User | None, muting: Muting) -> str:
    """`card` is one of `cards`, which adds what it quotes. Nobody's own posts are folded."""
    if viewer is not None and card.author_id == viewer.pk:
        return ""
    if card.author_id in muting.author_ids:
        return "person"
    return "word" if hides(muting.words, card.text, card.quote and card.quote["text"]) else ""


def _above(chain: Chain, items: list[Item]) -> Above:
    for item in items:
        item.is_tied = item is not items[0]
        item.has_tail = True
    if chain.skipped == 0:
        return Above(merged(items))
    skip = Item(0, count=chain.skipped or 0, is_tied=True, has_tail=True, is_skip=True)
    return Above([items[0], skip, *merged(items[1:])], next((item for item in items[1:] if item.card), None))


def lay_out(items: Sequence[Item], tweet: Tweet) -> None:
    """Decide how the tree below the tweet is drawn, from what is on the page.

    A branch is indented below what it answers, up to INDENTS; an only answer goes on at the same indent.
    """
    on_page: dict[int, Item] = {}
    answers = Counter(item.parent_id for item in items)
    before: Item | None = None
    for item in items:
        parent = on_page.get(item.parent_id)
        if parent is None:
            item.is_apart = item.parent_id != tweet.pk
        elif parent is before and answers[parent.id] == 1:
            item.indent, item.is_tied, parent.has_tail = parent.indent, True, True
        else:
            is_deeper = answers[parent.id] > 1 and not parent.is_flat and parent.indent < INDENTS
            item.indent = parent.indent + is_deeper
            item.is_apart = parent is not before if item.is_flat else not is_deeper
        on_page[item.id] = before = item


def merged(items: Sequence[Item]) -> list[Item]:
    """With one line for several placeholders of a kind in a row; it stands where the last of them does."""
    lines: list[Item] = []
    for item in items:
        last = lines[-1] if lines else None
        if last and not item.card and not last.card and last.state is item.state:
            lines[-1] = replace(item, count=last.count + 1, is_tied=last.is_tied)
        else:
            lines.append(item)
    return lines
