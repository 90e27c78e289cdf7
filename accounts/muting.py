"""Which texts hold a muted word. Pure functions."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

import regex

# Scripts that write without spaces: a word of theirs may begin and end anywhere.
_UNSPACED = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}"
)
_WORD = rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{_UNSPACED}]]"
_BEGINS = regex.compile(rf"\A{_WORD}", regex.V1)
_ENDS = regex.compile(rf"{_WORD}\Z", regex.V1)


def fold(text: str) -> str:
    """The form in which words and texts are compared: NFKC, case folded, with single spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


@lru_cache(maxsize=1_000)
def matcher(words: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a text holds one of these folded words, as a whole: `cat` is in "Cat!" and "#cat" and not in "cats".

    A #hashtag is found as a hashtag only. Words of scripts without spaces are found anywhere.
    """
    if not words:
        return lambda text: False
    found = regex.compile("|".join(map(_pattern, words)), regex.V1)
    return lambda text: found.search(fold(text)) is not None


def _pattern(word: str) -> str:
    before = rf"(?<!{_WORD})" if _BEGINS.search(word) else ""
    after = rf"(?!{_WORD})" if _ENDS.search(word) else ""
    return f"{before}{regex.escape(word)}{after}"


def hides(words: Sequence[str], *texts: str | None) -> bool:
    """Whether one of the texts holds one of the folded words."""
    is_muted = matcher(tuple(words))
    return any(is_muted(text) for text in texts if text)
