"""What changed between two texts, word by word. Pure functions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

import regex

from tweets.text import parse

Kind = Literal["same", "removed", "added"]

# Scripts that put no space between words: there each character as people see it counts as a word.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{_UNSPACED}]]"
PAIRS_MAX = 6_000
"""Of equal words, one from each text. More of them have only texts made to take long; those count as written anew."""
_WORD = regex.compile(rf"\s++|{_LETTER}++(?:['\u2019\-.,]{_LETTER}++)*+\p{{M}}*+|\X", regex.V1)


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str

    @property
    def shown(self) -> str:
        """The text, with a sign in the place of line breaks that came or went: alone nobody would see them."""
        if self.kind == "same":
            return self.text
        return self.text.replace("\n", "↵" if self.kind == "removed" else "↵\n")


def words(text: str) -> list[str]:
    """The text in pieces that change as a whole: words, runs of white space, signs, links, hashtags and mentions."""
    found: list[str] = []
    end = 0
    for span in parse(text).spans:
        found += _WORD.findall(text[end : span.start])
        found.append(text[span.start : span.end])
        end = span.end
    return found + _WORD.findall(text[end:])


def diff(before: str, after: str) -> list[Piece]:
    """The pieces that lead from one text to the other, in order; what was removed stands before what took its place.

    All but the added ones make `before`, all but the removed ones make `after`.
    """
    pieces: list[Piece] = []
    removed = added = ""
    for is_same, gone, come in _steps(words(before), words(after)):
        if is_same:
            pieces += _changed(removed, added)
            removed = added = ""
            pieces.append(Piece("same", gone))
        else:
            removed, added = removed + gone, added + come
    return pieces + _changed(removed, added)


def _steps(old: list[str], new: list[str]) -> Iterator[tuple[bool, str, str]]:
    """(is it the same, old text, new text). A space between two changed words changes with them: so it reads as one."""
    steps = _opcodes(old, new)
    for n, (tag, i, i_end, j, j_end) in enumerate(steps):
        text = "".join(old[i:i_end])
        is_same = tag == "equal" and not (text == " " and 0 < n < len(steps) - 1)
        yield is_same, text, "".join(new[j:j_end])


def _opcodes(old: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """As difflib's. White space is no place to begin a match: it is everywhere, and costs cubic time."""
    counts = Counter(word for word in new if not word.isspace())
    if sum(counts[word] for word in old) > PAIRS_MAX:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes()


def _changed(removed: str, added: str) -> list[Piece]:
    changes: list[tuple[Kind, str]] = [("removed", removed), ("added", added)]
    return [Piece(kind, text) for kind, text in changes if text]
