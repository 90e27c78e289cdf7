"""Muted words: what they find, what they leave alone, and that nothing anybody writes slows or breaks them."""

import datetime as dt
import string
import time

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.models import MutedWord, User
from accounts.muting import fold, hides, matcher
from accounts.selectors import muted_words_of
from accounts.tests.factories import UserFactory


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("cat", "Cat!", True),
        ("cat", "a cat", True),
        ("cat", "(cat)", True),
        ("cat", "“cat”", True),
        ("cat", "#cat", True),
        ("cat", "@cat", True),
        ("cat", "cat's", True),
        ("cat", "cat-like", True),
        ("cat", "https://cat.example/", True),
        ("cat", "cats", False),
        ("cat", "concat", False),
        ("cat", "cat_1", False),
        ("cat", "cat1", False),
        ("cat", "", False),
        ("CAT", "cat", True),
        ("ＣＡＴ", "cat", True),
        ("cat", "𝐜𝐚𝐭", True),
        ("café", "CAFE\u0301 au lait", True),
        ("cafe", "café", False),
        ("cafe", "cafe\u0301", False),
        ("straße", "STRASSE", True),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ", True),
        ("кот", "Кот!", True),
        ("кот", "которой", False),
        ("#cat", "#Cat", True),
        ("#cat", "look: #cat.", True),
        ("#cat", "＃cat", True),
        ("#cat", "cat", False),
        ("#cat", "#cats", False),
        ("black cat", "the Black   cat\nsleeps", True),
        ("black cat", "a black\u00a0cat", True),
        ("black cat", "black cats", False),
        ("black cat", "cat black", False),
        ("猫", "黒猫がいる", True),
        ("ラーメン", "昨日ラーメンを食べた", True),
        ("ﾗｰﾒﾝ", "ラーメン屋", True),
        ("コー", "コーヒー", True),
        ("แมว", "ฉันรักแมวมาก", True),
        ("น้ำ", "ดื่มน้ำมากๆ", True),
        ("ឆ្មា", "ខ្ញុំស្រលាញ់ឆ្មាណាស់", True),
        ("cat", "黒catがいる", True),
        ("고양이", "고양이 사진", True),
        ("قط", "هذا قط!", True),
        ("قط", "قطار", False),
        ("हिन्दी", "मैं हिन्दी बोलता हूँ", True),
        ("हिन्द", "मैं हिन्दी बोलता हूँ", False),
        ("🐈", "my 🐈🐈", True),
        ("c++", "I like C++.", True),
        ("c++", "I like C.", False),
        (".net", "ASP.NET", True),
        ("a.b", "axb", False),
        ("(", "a (b", True),
        ("$5", "for $5", True),
        ("$5", "for $50", False),
    ],
)
def test_what_a_word_finds(word: str, text: str, found: bool) -> None:
    assert hides([fold(word)], text) is found


def test_several_words_and_several_texts() -> None:
    assert not hides([], "anything", None)
    assert hides(["dog", "cat"], None, "no", "a cat")
    assert not hides(["dog", "cat"], None, "", "a bird")


def test_what_is_a_sign_in_patterns_is_only_itself() -> None:
    words = [*string.punctuation, "[[:alpha:]]", "(?i)x", "a|b", "x{2}", r"\d", "a--b", "[a&&b]", "(*FAIL)", r"\p{L}"]
    for word in words:
        assert hides([fold(word)], f"so {word} it is"), word
        assert not hides([fold(word)], "plain words"), word
    assert matcher(tuple(map(fold, words)))("a plain word with a & in it")


def test_folding_twice_changes_nothing() -> None:
    for text in ["İstanbul", "ﬀ", "ẞ", "ΌΣΟΣ", "ǅ", "ﾊﾟ", "Å", "\u0345", "①", "  a \t b  ", "Ⅷ", "ᾳ"]:
        assert fold(fold(text)) == fold(text)


def test_two_hundred_words_are_quick() -> None:
    """On the longest texts, of those that come as near to a match as can be without one."""
    words = tuple(fold(f"{'a' * 60}{n}{'b' * 30}") for n in range(200))
    texts = ["a" * 280, "a " * 140, f"{'a' * 60}1" * 4, "字" * 280, "#" * 280, "e\u0301" * 140, f"{'a' * 99} " * 2]
    is_muted = matcher(words)
    started = time.perf_counter()
    assert not any(is_muted(text) for text in texts)
    assert (time.perf_counter() - started) / len(texts) < 0.02


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create()
    return user


@pytest.mark.django_db
def test_a_word_is_kept_folded_and_once(ada: User) -> None:
    until = timezone.now() + dt.timedelta(days=7)
    first = services.mute_word(user=ada, word="  Black   CAT ")
    again = services.mute_word(user=ada, word="black cat", until=until)
    assert (first.pk, first.word, first.expires_at) == (again.pk, "black cat", None)
    assert [(word.word, word.expires_at) for word in muted_words_of(ada)] == [("black cat", until)]
    bob = UserFactory.create()
    assert services.unmute_word(user=bob, word_id=first.pk) is False
    assert services.unmute_word(user=ada, word_id=first.pk) is True
    assert services.unmute_word(user=ada, word_id=first.pk) is False


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["", "  ", "#", "@", "##", "x" * 101, "a\0b", "a\u202eb", "ﷺ" * 20])
def test_what_is_no_word_is_refused(ada: User, word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        services.mute_word(user=ada, word=word)
    assert list(refused.value.message_dict) == ["word"]
    assert not MutedWord.objects.exists()


@pytest.mark.django_db
def test_a_word_ends_in_the_future(ada: User) -> None:
    with pytest.raises(ValidationError) as refused:
        services.mute_word(user=ada, word="cat", until=timezone.now())
    assert list(refused.value.message_dict) == ["until"]


@pytest.mark.django_db
def test_there_are_so_many_and_no_more(ada: User, settings: Settings) -> None:
    settings.MUTED_WORDS_MAX = 2
    services.mute_word(user=ada, word="one")
    services.mute_word(user=ada, word="two")
    with pytest.raises(ValidationError, match="You mute 2 words"):
        services.mute_word(user=ada, word="three")
    services.mute_word(user=ada, word="two", until=timezone.now() + dt.timedelta(days=1))
    services.mute_word(user=UserFactory.create(), word="three")


@pytest.mark.django_db
def test_words_that_have_ended_take_no_place(ada: User, settings: Settings) -> None:
    settings.MUTED_WORDS_MAX = 2
    past = timezone.now() - dt.timedelta(minutes=1)
    MutedWord.objects.bulk_create(MutedWord(user=ada, word=word, expires_at=past) for word in ("old", "older"))
    assert muted_words_of(ada) == []
    services.mute_word(user=ada, word="new")
    assert [word.word for word in muted_words_of(ada)] == ["new"]
