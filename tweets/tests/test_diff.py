"""What a word diff says, in many scripts; and that it loses nothing, whatever the texts are."""

import time

import pytest
from hypothesis import given

from tweets.diff import Piece, diff, words
from tweets.tests.nasty_texts import TEXTS

SIGNS = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}


def marked(before: str, after: str) -> str:
    return "".join(SIGNS[piece.kind].format(piece.text) for piece in diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Hello world", "Hello world", "Hello world"),
        ("", "New", "[+New+]"),
        ("Old", "", "[-Old-]"),
        ("The quick fox", "The slow fox", "The [-quick-][+slow+] fox"),
        ("A quick brown fox ran", "A small red fox ran", "A [-quick brown-][+small red+] fox ran"),
        ("I dont know", "I don't know", "I [-dont-][+don't+] know"),
        ("See you", "See you tomorrow.", "See you[+ tomorrow.+]"),
        ("Well,done", "Well, done", "[-Well,done-][+Well, done+]"),
        ("see https://example.com/a now", "see https://example.com/b now", None),
        ("by @ada #one", "by @bob #two", "by [-@ada #one-][+@bob #two+]"),
        ("今日は雨です", "今日は晴れです", "今日は[-雨-][+晴れ+]です"),
        ("ฝนตกหนัก", "ฝนตกเบา", None),
        ("مرحبا بالعالم", "مرحبا يا عالم", "مرحبا [-بالعالم-][+يا عالم+]"),
        ("flag 🇫🇷 👩‍🚀", "flag 🇩🇪 👩‍🚀", "flag [-🇫🇷-][+🇩🇪+] 👩‍🚀"),
        ("one\ntwo", "one two", "one[-\n-][+ +]two"),
    ],
)
def test_diff(before: str, after: str, shown: str | None) -> None:
    if shown is not None:
        assert marked(before, after) == shown
    assert_nothing_is_lost(before, after)


def assert_nothing_is_lost(before: str, after: str) -> None:
    pieces = diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
    assert all(piece.text for piece in pieces)


def test_a_link_changes_as_a_whole() -> None:
    shown = marked("see https://example.com/a now", "see https://example.com/b now")
    assert shown == "see [-https://example.com/a-][+https://example.com/b+] now"


def test_words_of_scripts_without_spaces_are_characters_as_people_see_them() -> None:
    assert words("ที่นี่ok") == ["ที่", "นี่", "ok"]
    assert words("東京 2024") == ["東", "京", " ", "2024"]


def test_a_line_break_that_came_or_went_can_be_seen() -> None:
    assert Piece("removed", "a\nb").shown == "a↵b"
    assert Piece("added", "\n").shown == "↵\n"
    assert Piece("same", "a\nb").shown == "a\nb"


@given(TEXTS, TEXTS)
def test_nothing_is_lost_of_any_text(before: str, after: str) -> None:
    assert_nothing_is_lost(before, after)


@pytest.mark.parametrize("before", ["a " * 140, "あ" * 280, "ก็" * 140, "#" * 280, "\u0301" * 280, "ab" * 75, "の" * 77])
def test_the_worst_texts_take_little_time(before: str) -> None:
    after = "".join(f"b{letter}" for letter in before)[:280]
    started = time.process_time()
    assert_nothing_is_lost(before, after)
    assert time.process_time() - started < 0.15


def test_a_whole_text_in_a_script_without_spaces_is_compared() -> None:
    """The most of a real one: 280 characters, of which the commonest come again and again."""
    before = ("今日は朝から雨が降っていて、公園の桜の花がもう散ってしまうのではないかと心配になりました。" * 7)[:270]
    assert [piece.text for piece in diff(before, f"{before}また明日") if piece.kind != "same"] == ["また明日"]
