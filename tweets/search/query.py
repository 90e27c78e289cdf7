"""The language in which people ask for tweets. Pure functions; what cannot be understood is explained in words."""

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches

import regex
from django.conf import settings

from tweets.text import as_hashtag

KEYS = ("from", "to", "has", "since", "until")
_QUOTES = str.maketrans("“”„«»\0", '""""" ')
_PART = regex.compile(r'\s*+(?:(?P<minus>-)(?=\S))?+(?:"(?P<quoted>[^"]*+)(?P<end>"?)|(?P<plain>\S++))')
_KEYED = regex.compile(r"(?P<key>[A-Za-z]++):(?!//)(?P<value>.*+)", regex.DOTALL)
_NAME = regex.compile(r"[@\uff20]?+([A-Za-z0-9_]{1,15}+)")
_HALF_PAIRS = regex.compile(r"\p{Cs}")


class QueryError(ValueError):
    """The question cannot be answered; the message tells whoever asked what to change."""


@dataclass(frozen=True)
class Query:
    """All of it holds for what is found; of several people in one field, any one."""

    phrases: tuple[str, ...] = ()
    """Texts whose words stand in a tweet one behind the other; a word is a phrase too."""
    hashtags: tuple[str, ...] = ()
    """As `tweets.text.parse` folds them; so below."""
    mentions: tuple[str, ...] = ()
    """Names in lower case; so below."""
    authors: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    """Whom a tweet replies to."""
    has_media: bool = False
    since: dt.date | None = None
    until: dt.date | None = None
    """The last day, itself included."""
    without: "Query | None" = None
    """Nothing of this holds for what is found."""

    @property
    def names(self) -> frozenset[str]:
        """Of everybody whom it names."""
        own = frozenset((*self.mentions, *self.authors, *self.answered))
        return own | self.without.names if self.without else own


def parse(asked: str) -> Query:
    """Words, "quoted phrases", #tags, @names, from: to: has: since: until:, and a - before what is not to be there.

    Raises QueryError, also when there is nothing to look for.
    """
    if len(asked) > settings.SEARCH_LENGTH_MAX:
        raise QueryError(f"Ask in {settings.SEARCH_LENGTH_MAX} characters at most; this has {len(asked):,}.")
    parts = list(_parts(_HALF_PAIRS.sub(" ", asked.translate(_QUOTES))))
    if len(parts) > settings.SEARCH_PARTS_MAX:
        raise QueryError(f"Ask for {settings.SEARCH_PARTS_MAX} things at most; this names {len(parts)}.")
    if not parts:
        raise QueryError("Write what to look for.")
    wanted, unwanted = _Collected(), _Collected()
    for is_excluded, quoted, plain in parts:
        (unwanted if is_excluded else wanted).add(quoted, plain, is_excluded=is_excluded)
    query = wanted.query(unwanted.query() if unwanted.is_asked else None)
    if query.since and query.until and query.since > query.until:
        raise QueryError(f"Nothing lies between: since:{query.since} is later than until:{query.until}.")
    if not wanted.is_asked:
        raise QueryError("Write also what to look for: this only says what to leave out.")
    return query


def _parts(asked: str) -> Iterator[tuple[bool, str | None, str]]:
    """(whether it is excluded, the quoted text or None, the plain text)"""
    for part in _PART.finditer(asked):
        quoted: str | None = part["quoted"]
        if quoted is not None and not part["end"]:
            shown = quoted.strip()
            raise QueryError(f'A quotation mark is open: close it, as in "{shown}".' if shown else "Close the quotes.")
        yield part["minus"] is not None, quoted, part["plain"] or ""


class _Collected:
    def __init__(self) -> None:
        self.phrases: list[str] = []
        self.hashtags: list[str] = []
        self.people: dict[str, list[str]] = {"mentions": [], "authors": [], "answered": []}
        self.has_media = False
        self.days: dict[str, dt.date] = {}

    @property
    def is_asked(self) -> bool:
        return bool(self.phrases or self.hashtags or any(self.people.values()) or self.has_media or self.days)

    def query(self, without: Query | None = None) -> Query:
        return Query(
            phrases=tuple(dict.fromkeys(self.phrases)),
            hashtags=tuple(dict.fromkeys(self.hashtags)),
            mentions=tuple(dict.fromkeys(self.people["mentions"])),
            authors=tuple(dict.fromkeys(self.people["authors"])),
            answered=tuple(dict.fromkeys(self.people["answered"])),
            has_media=self.has_media,
            since=self.days.get("since"),
            until=self.days.get("until"),
            without=without,
        )

    def add(self, quoted: str | None, plain: str, *, is_excluded: bool) -> None:
        if quoted is not None:
            if quoted.strip():
                self.phrases.append(quoted)
        elif plain[0] in "#\uff03" and (tag := as_hashtag(plain[1:])):
            self.hashtags.append(tag)
        elif plain[0] in "@\uff20" and (name := _NAME.fullmatch(plain)):
            self.people["mentions"].append(name[1].lower())
        elif keyed := _KEYED.fullmatch(plain):
            self._add_keyed(keyed["key"].lower(), keyed["value"], is_excluded=is_excluded)
        else:
            self.phrases.append(plain)

    def _add_keyed(self, key: str, value: str, *, is_excluded: bool) -> None:
        if key not in KEYS:
            raise QueryError(_unknown(key, f"{key}:{value}"))
        if is_excluded and key in ("to", "since", "until"):
            raise QueryError(f"{key}: cannot be left out: write it without the - before it.")
        if key == "has":
            if value.lower() not in ("media", "images"):
                raise QueryError(f"“has:{value}” is not known: there is has:media, for posts with images.")
            self.has_media = True
        elif key in ("since", "until"):
            if key in self.days:
                raise QueryError(f"Write {key}: once.")
            self.days[key] = _day(key, value)
        else:
            self.people["authors" if key == "from" else "answered"].append(_name(key, value))


def _unknown(key: str, shown: str) -> str:
    close = get_close_matches(key, KEYS, n=1)
    known = ", ".join(f"{each}:" for each in KEYS)
    guess = f"Did you mean {close[0]}:? " if close else ""
    return f'“{key}:” is not known. {guess}There are {known}. To look for the text itself, put it in quotes: "{shown}".'


def _name(key: str, value: str) -> str:
    if not value:
        raise QueryError(f"Write a user name behind {key}: without a space between, as in {key}:ada.")
    if not (name := _NAME.fullmatch(value)):
        raise QueryError(f"“{value}” is no user name: those have up to 15 letters, digits and _.")
    return name[1].lower()


def _day(key: str, value: str) -> dt.date:
    if regex.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return dt.date.fromisoformat(value)
    raise QueryError(f"“{key}:{value}” is no day: write year, month and day, as in {key}:2026-01-31.")
