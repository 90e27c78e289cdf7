import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tweets.tests.nasty_texts import FAMILY, TEXTS
from tweets.text import TextError, clean_text

# ECMAScript's WhiteSpace and LineTerminator; Node 20 trims these and no other code point.
JS_TRIMS = [
    *range(0x9, 0xE),
    0x20,
    0xA0,
    0x1680,
    *range(0x2000, 0x200B),
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
    0xFEFF,
]
NOT_STORED = [0x0, 0x1, 0x7, 0xB, 0xC, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9F, 0xD800, 0xDBFF, 0xDC00, 0xDFFF]


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("hello", "hello"),
        ("  a b \n", "a b"),
        ("one\r\ntwo\rthree\nfour\r\n", "one\ntwo\nthree\nfour"),
        ("tab\there", "tab\there"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("\u0958", "\u0915\u093c"),  # NFC decomposes this letter: one code point more
        ("\ufeffa\u3000", "a"),
        ("\u200ba\u200b", "\u200ba\u200b"),  # JavaScript's trim() leaves U+200B
        (FAMILY, FAMILY),
        ("❤\ufe0f", "❤\ufe0f"),
        ("#\ufe0f\u20e3", "#\ufe0f\u20e3"),
        ("x" * 280, "x" * 280),
        ("e\u0301" * 280, "é" * 280),
        ("\n" * 5000 + "x", "x"),
        ("\U0001f600" * 280, "\U0001f600" * 280),
    ],
)
def test_clean_text_gives_the_stored_form(raw: str, stored: str) -> None:
    assert clean_text(raw) == stored


@pytest.mark.parametrize("code", JS_TRIMS)
def test_clean_text_strips_what_the_browser_trims(code: int) -> None:
    assert clean_text(f"{chr(code)}a{chr(code)}") == "a"


@pytest.mark.parametrize("code", [0x180E, 0x200B, 0x2060, 0x2800])
def test_clean_text_keeps_what_the_browser_keeps(code: int) -> None:
    assert clean_text(f"{chr(code)}a") == f"{chr(code)}a"


@pytest.mark.parametrize("code", [*range(0x1C, 0x20), 0x85])
def test_clean_text_refuses_what_only_python_would_strip(code: int) -> None:
    with pytest.raises(TextError, match=rf"^Remove the character U\+{code:04X}: "):
        clean_text(f"a{chr(code)}")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "\r\n\t",
        "\u3000",
        "\ufeff",
        "\u200b",
        "\u200b \u200d\u2060",
        "\u00ad",
        "\u115f\u3164\uffa0",
        "\u2800",
        "\ufe0f",
        "\u202e",
    ],
)
def test_clean_text_refuses_what_nobody_could_see(raw: str) -> None:
    with pytest.raises(TextError, match=r"^Write something first: there is nothing to see in this text\.$"):
        clean_text(raw)


@pytest.mark.parametrize(
    ("raw", "maximum", "message"),
    [
        ("x" * 281, 280, "Remove 1 character: a text has at most 280."),
        ("x" * 300, 280, "Remove 20 characters: a text has at most 280."),
        ("\u0958" * 141, 280, "Remove 2 characters: a text has at most 280."),
        (" " * 300 + "abcd", 3, "Remove 1 character: a text has at most 3."),
        ("x" * 1_000_000, 280, "Remove 999720 characters: a text has at most 280."),
        ("\u0301\u0316" * 500_000, 280, "Remove 999720 characters: a text has at most 280."),  # hours, if normalised
    ],
)
def test_clean_text_says_how_much_too_long(raw: str, maximum: int, message: str) -> None:
    with pytest.raises(TextError) as refusal:
        clean_text(raw, maximum=maximum)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "code", [0x0, 0x1, 0x7, 0xB, 0xC, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9F, 0xD800, 0xDBFF, 0xDC00, 0xDFFF]
)
def test_clean_text_refuses_controls_and_surrogates(code: int) -> None:
    with pytest.raises(TextError) as refusal:
        clean_text(f"a{chr(code)}b")
    assert str(refusal.value) == (
        f"Remove the character U+{code:04X}: control characters and half surrogate pairs cannot be posted."
    )


@settings(deadline=None)
@given(TEXTS | st.text(st.characters()))
def test_clean_text_is_idempotent_and_what_it_returns_can_be_stored(raw: str) -> None:
    try:
        text = clean_text(raw)
    except TextError:
        return
    assert clean_text(text) == text
    assert unicodedata.is_normalized("NFC", text)
    assert 1 <= len(text) <= 280
    assert "\0" not in text
    assert text.encode().decode() == text
