"""What a text may be, what it names, and how it becomes HTML. Pure functions; offsets and lengths count code points."""

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

import regex
from django.utils.html import format_html
from django.utils.safestring import SafeString

HASHTAG_MAX = 100
SHOWN_URL_MAX = 30

# What JavaScript's trim() strips (ECMAScript WhiteSpace and LineTerminator). str.strip() without an argument also takes
# U+001C to U+001F and U+0085 and leaves U+FEFF, and then the browser's counter and this module would disagree.
JS_WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

# The longest canonical decomposition of one code point is four, so NFC leaves at least a quarter of a text's length.
NFC_SHRINKS_AT_MOST = 4

FORBIDDEN = regex.compile(r"[[\p{Cc}\p{Cs}]--[\n\t]]", regex.V1)
# Not white space, not ignorable by default (zero-width space, joiners, fillers, variation selectors, tags), and not the
# interlinear annotation marks or the blank braille pattern, which draw nothing either.
VISIBLE = regex.compile(r"[^\p{White_Space}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]", regex.V1)


class TextError(ValueError):
    """The text cannot be posted; the message tells its author what to do."""


def clean_text(raw: str, *, maximum: int = 280, may_be_empty: bool = False) -> str:
    r"""Return the text as it is stored: LF line ends, NFC, no white space around it. Raises TextError.

    Its len() is PostgreSQL's char_length and the composer's
    `[...text.normalize('NFC').replace(/\r\n?/g, '\n').trim()].length`. Of a text over four times too long the excess is
    counted before NFC: normalising takes quadratic time on a long run of combining marks.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip(JS_WHITE_SPACE)
    if len(text) <= NFC_SHRINKS_AT_MOST * maximum:
        text = unicodedata.normalize("NFC", text)
    excess = len(text) - maximum
    if excess > 0:
        characters = "character" if excess == 1 else "characters"
        raise TextError(f"Remove {excess} {characters}: a text has at most {maximum}.")
    if forbidden := FORBIDDEN.search(text):
        code = f"U+{ord(forbidden[0]):04X}"
        raise TextError(f"Remove the character {code}: control characters and half surrogate pairs cannot be posted.")
    if not VISIBLE.search(text) and not (may_be_empty and not text):
        raise TextError("Write something first: there is nothing to see in this text.")
    return text


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` as its author wrote it; `value` is the hashtag or user name for lookup, or the whole URL."""

    start: int
    end: int
    kind: Literal["hashtag", "mention", "url"]
    value: str


@dataclass(frozen=True, slots=True)
class Entities:
    """What a text names: hashtags and mentions distinct and in order, spans in order without overlap."""

    hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    spans: tuple[Span, ...]


# The rules for hashtags and mentions are twitter-text's (github.com/twitter/twitter-text, js/src/regexp), except that
# - a hashtag needs a letter or mark that can be seen: a filler, or the keycap of "#1️⃣", is not enough;
# - a hashtag may follow a keycap emoji, as it may follow any other, but not a slash (example.com/#part);
# - a mention may follow neither a Latin accented letter (josé@example.com) nor a bare domain's slash
#   (example.com/@name), and a name over 15 characters is nobody's: its first 15 would name someone else.
# A URL needs http:// or https:// and a host of two labels or more, the last one letters; ASCII letters end where
# another script begins ("http://example.comを"). No user name comes before the host (https://bank.example@evil.example).
# Of other scripts a path has only those that put spaces between words, so it ends where Japanese or Thai prose goes on.
# Hosts and paths hold no invisible characters.
#
# Time is linear. Each repetition is possessive: what it took it never gives back for a second try, so a failed attempt
# has read its characters once and is final (http://example.com.5 is no URL). An attempt starts at a #, an @ or the h of
# http://, and a run that fails crosses none of these but after a bracket left open; brackets nest two deep, so at most
# three attempts read the same characters.
ACCENTED = (
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b"
    r"\u02bb\u0300-\u036f\u1e00-\u1eff"
)
HASH = r"[\#\uff03]"
AT = r"[@\uff20]"
INVISIBLE = r"\p{Default_Ignorable_Code_Point}"
TAG_SPECIAL = r"_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
TAG_CHARACTER = rf"[\p{{L}}\p{{M}}\p{{Nd}}{TAG_SPECIAL}]"
TAG_LETTER = rf"[[\p{{L}}\p{{M}}]--[{INVISIBLE}\u20e3]]"
HASHTAG = rf"""
    (?<![{TAG_CHARACTER}--[\ufe0e\ufe0f\u20e3]])(?<![&/])
    {HASH}(?![\ufe0f\u20e3])
    (?P<hashtag>(?=[{TAG_CHARACTER}--{TAG_LETTER}]*+{TAG_LETTER}){TAG_CHARACTER}++)
    (?!{HASH}|://)
"""
MENTION = rf"""
    (?:(?<![A-Za-z0-9_!\#$%&*@\uff20{ACCENTED}])|(?<=(?<![A-Za-z0-9_+~.\-])[Rr][Tt]))
    (?<!\.[A-Za-z]{{2,24}}/)
    {AT}(?P<mention>[A-Za-z0-9_]{{1,15}}+)
    (?![A-Za-z0-9_{ACCENTED}]|{AT}|://)
"""
HOST_CHARACTER = rf"[[\p{{L}}\p{{M}}\p{{Nd}}]--{INVISIBLE}]"
HOST_LABEL = rf"{HOST_CHARACTER}++(?:[\-_]++{HOST_CHARACTER}++)*+"
TOP_LABEL = (
    r"(?>[Xx][Nn]--[A-Za-z0-9]++(?:-++[A-Za-z0-9]++)*+|[A-Za-z]{2,63}+"
    rf"|[[\p{{L}}\p{{M}}]--[\x00-\x7f{INVISIBLE}]]{{2,63}}+)"
)
SPACED_LETTER = (
    r"[[\p{L}\p{M}\p{Nd}]&&[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}\p{Devanagari}\u0300-\u036f]"
    rf"--[{INVISIBLE}\uff00-\uffef]]"
)
PATH_WORD = rf"[A-Za-z0-9+\-=_\#/&{SPACED_LETTER}]"
PATH_PUNCTUATION = r"[!?*';:,.$%@|~\u2013]"  # part of the URL only when more of it follows
PATH_FLAT = rf"[{PATH_WORD}{PATH_PUNCTUATION}]*+"
BRACKETS = rf"(?:\({PATH_FLAT}\)|\[{PATH_FLAT}\])"
BRACKETS_IN_BRACKETS = rf"(?:\({PATH_FLAT}(?:{BRACKETS}{PATH_FLAT})*+\)|\[{PATH_FLAT}(?:{BRACKETS}{PATH_FLAT})*+\])"
URL = rf"""
    (?<![A-Za-z0-9$\#\uff03@\uff20])
    (?P<url>
        [Hh][Tt][Tt][Pp][Ss]?+://
        (?:{HOST_LABEL}\.(?={HOST_CHARACTER}))++ {TOP_LABEL}
        (?::[0-9]{{1,5}}+(?![0-9]))?+ (?![A-Za-z0-9@\uff20])
        (?:(?=[/?\#])(?:{PATH_PUNCTUATION}*+(?:{PATH_WORD}++|{BRACKETS_IN_BRACKETS}))*+)?+
    )
"""
# Case is spelled out: ignoring it in Unicode would let U+017F stand for the s of https.
ENTITY = regex.compile(f"{URL}|{HASHTAG}|{MENTION}", regex.V1 | regex.VERBOSE)


def normalise_hashtag(tag: str) -> str:
    """Return the form under which a hashtag (without '#') is stored and looked up: NFKC, case folded, idempotent.

    NFKC would give some Japanese and Arabic letters a space, which no tag can hold, and make the full-width tilde an
    ASCII one, which no tag can hold either; Windows types it for the wave dash, so the two are one.
    """
    folded = unicodedata.normalize("NFKC", tag.replace("\uff5e", "\u301c")).casefold()
    return unicodedata.normalize("NFKC", folded.replace(" ", ""))


def parse(text: str) -> Entities:
    """Find hashtags, mentions and URLs in time linear in the text. A hashtag over 100 characters is plain text."""
    spans = []
    for match in ENTITY.finditer(text):
        if (tag := match["hashtag"]) is not None:
            value = normalise_hashtag(tag)
            if len(value) <= HASHTAG_MAX:
                spans.append(Span(match.start(), match.end(), "hashtag", value))
        elif (name := match["mention"]) is not None:
            spans.append(Span(match.start(), match.end(), "mention", name.lower()))
        else:
            spans.append(Span(match.start(), match.end(), "url", match[0]))
    return Entities(
        hashtags=tuple(dict.fromkeys(span.value for span in spans if span.kind == "hashtag")),
        mentions=tuple(dict.fromkeys(span.value for span in spans if span.kind == "mention")),
        spans=tuple(spans),
    )


def as_hashtag(word: str) -> str | None:
    """The hashtag of that name as `parse` folds it; None when the whole word cannot be one."""
    whole = [span.value for span in parse(f"#{word}").spans if (span.start, span.end) == (0, len(word) + 1)]
    return whole[0] if whole else None


def link(
    text: str,
    known_mentions: Collection[str],
    *,
    mention_url: Callable[[str], str],
    hashtag_url: Callable[[str], str] | None = None,
) -> SafeString:
    """Return the text as HTML for a `white-space: pre-wrap` box: escaped, entities as <a>, unlinked hashtags as <span>.

    Both callables take a span's value; only mentions in `known_mentions` (lower case) become links. Each entity has a
    `dir`, which browsers style with `unicode-bidi: isolate`: an override elsewhere in the text cannot turn a URL round,
    and an Arabic tag keeps its '#' in front. No entity holds a bidi control itself.
    """

    def entity(span: Span, shown: str) -> str:
        if span.kind == "url":
            return _url_link(span.value)
        if span.kind == "mention":
            if span.value not in known_mentions:
                return shown
            return format_html('<a class="mention" dir="ltr" href="{}">{}</a>', mention_url(span.value), shown)
        if hashtag_url is None:
            return format_html('<span class="hashtag" dir="auto">{}</span>', shown)
        return format_html('<a class="hashtag" dir="auto" href="{}">{}</a>', hashtag_url(span.value), shown)

    pieces = []
    end = 0
    for span in parse(text).spans:
        pieces += [text[end : span.start], entity(span, text[span.start : span.end])]
        end = span.end
    pieces.append(text[end:])
    return format_html("{}" * len(pieces), *pieces)


def _url_link(url: str) -> SafeString:
    shown = url.partition("://")[2]
    if len(shown) > SHOWN_URL_MAX:
        shown = shown[: SHOWN_URL_MAX - 1] + "…"
    return format_html(
        '<a class="url" dir="ltr" href="{0}" title="{0}" rel="nofollow noopener noreferrer ugc">{1}</a>', url, shown
    )
