import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tweets.tests.nasty_texts import FAMILY, TEXTS
from tweets.text import Entities, Span, normalise_hashtag, parse

BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}

# Each fails as late as it can, and would start again one character on.
NASTY_UNITS = [
    *["#", "#a", "#1", "#\u0301", "@a", "RT@", ".com/@", "(", "[(", "http://", "http://a.", "http://a-"],
    *["http://a.co/.", "http://a.co/x.:.(.", "http://a.co/)", "http://a.co/(", "http://a.co?(", "http://a.co/((x)"],
    *["http://a.co/[(x)("],
]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a #hashtag here", ["hashtag"]),
        ("#Django #DJANGO #django", ["django"]),
        ("#b #a #B", ["b", "a"]),
        ("#1st #4ever2 #day1", ["1st", "4ever2", "day1"]),
        ("#16 #0 #_ #1_2 #〃 #१२३४", []),
        ("(#a )#b [#c .#d !#e ’#f", ["a", "b", "c", "d", "e", "f"]),
        ("#a: #b; #c, #d. #e! #f? #g-h #i's", ["a", "b", "c", "d", "e", "f", "g", "i"]),
        ("#a\n#b", ["a", "b"]),
        ("a#b _#c 1#d 日#e ไทย#f &#g /#h example.com/#i &#39; &#x27;", []),
        ("##a #b#c #d＃ # e", ["a"]),
        ("#http://example.com #https://example.com", []),
        ("http://example.com/#a https://example.com/x?y=#b", []),
        ("@alice#a", []),
        ("＃ｈａｓｈｔａｇ１２３", ["hashtag123"]),
        (
            "#日本語、#カタカナ。#ひらがな！#学問のすゝめ #サッカー",
            ["日本語", "カタカナ", "ひらがな", "学問のすゝめ", "サッカー"],
        ),
        ("#ｻｯｶｰ #ﾊﾟﾋﾟ", ["サッカー", "パピ"]),
        ("#メ～テレ #メ〜テレ", ["メ〜テレ"]),
        ("#か゛ #が", ["が"]),
        ("#트위터 #云々", ["트위터", "云々"]),
        ("#ผู้เริ่ม #การเมือง", ["ผู้เริ่ม", "การเมือง"]),
        ("#السياسة، #رئيس_الوزراء #هشتگ۶۷۸", ["السياسة", "رئيس_الوزراء", "هشتگ۶۷۸"]),
        ("#می\u200cخواهم", ["می\u200cخواهم"]),
        ("#עַל־יְדֵי #מ״כ", ["עַל־יְדֵי", "מ״כ"]),
        ("#Русский! #ЁЛКА", ["русский", "ёлка"]),
        ("#महात्मा #हिन्दी_१२ #বাংলা #தமிழ்", ["महात्मा", "हिन्दी_१२", "বাংলা", "தமிழ்"]),
        ("#ශ්\u200dරී #བོད་སྐད", ["ශ්\u200dරී", "བོད་སྐད"]),
        ("#Straße #STRASSE #ﬁn #İn #Μάϊος", ["strasse", "fin", "i̇n", "μάϊοσ"]),
        ("#cafe\u0301 #café", ["café"]),
        ("#il·lusió", ["il·lusió"]),
        ("#\U00020021 #A\U000104a0", ["\U00020021", "a\U000104a0"]),
        ("#love❤️ ❤️#more 😀#joy 1️⃣#first", ["love", "more", "joy", "first"]),
        (f"{FAMILY}#family #{FAMILY}", ["family"]),
        ("#️⃣ #️⃣a #⃣a #1️⃣ ＃️⃣", []),
        ("#\u3164 #\u034f #\ufe0f", []),
        ("#" + "x" * 100, ["x" * 100]),
        ("#" + "x" * 101, []),
        ("#" + "ß" * 51, []),  # 102 once folded
    ],
)
def test_parse_finds_hashtags(text: str, tags: list[str]) -> None:
    assert parse(text).hashtags == tuple(tags)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@alice hi", ["alice"]),
        ("@Alice @ALICE @bob_1 @12345 @_", ["alice", "bob_1", "12345", "_"]),
        ("@alice\n@bob", ["alice", "bob"]),
        ("＠alice", ["alice"]),
        ("(@a) .@b -@c /@d w/@e @f/@g の@hさん", ["a", "b", "c", "d", "e", "f", "g", "h"]),
        ("@a's @b. @c! @d, @e: @f-g @h/list", ["a", "b", "c", "d", "e", "f", "h"]),
        ("RT@a rt:@b Rt @c xrt@d +rt@e", ["a", "b", "c"]),
        ("a!@b #@b $@b %@b &@b *@b @@b _@b 1@b", []),
        ("mail me@example.com, a.b+c@example.com or josé@example.com", []),
        ("@alice@social.example @a＠b", []),
        ("youtube.com/@alice", []),
        ("@aliceìnheiro @alice\u0300 @http://example.com", []),
        ("@" + "x" * 15, ["x" * 15]),
        ("@" + "x" * 16, []),
        ("@ａlice @ @日本", []),
        ("https://example.com/@alice http://example.com/?q=@bob", []),
        ("@_@ 😀@alice", ["alice"]),
    ],
)
def test_parse_finds_mentions(text: str, names: list[str]) -> None:
    assert parse(text).mentions == tuple(names)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("http://a.co https://a.co/", "http://a.co https://a.co/"),
        ("HTTPS://Example.COM/A", "HTTPS://Example.COM/A"),
        ("see http://a.co. Or http://a.co/b, http://a.co/c!?", "http://a.co http://a.co/b http://a.co/c"),
        ("http://a.co/path........ http://a.co/,,,, x", "http://a.co/path http://a.co/"),
        ("http://a.co:8000/b http://a.co:123456", "http://a.co:8000/b http://a.co"),
        ("http://a.co?b=1&c=2#d http://a.co/#", "http://a.co?b=1&c=2#d http://a.co/#"),
        ("http://a.co/~m+%ff-,.;x/@u/a_b", "http://a.co/~m+%ff-,.;x/@u/a_b"),
        ("http://a.co/film_(2004) (http://a.co/b)", "http://a.co/film_(2004) http://a.co/b"),
        ("(http://a.co/b_(c_(d))_e) http://a.co/f()", "http://a.co/b_(c_(d))_e http://a.co/f()"),
        ("http://a.co/b(c http://a.co/b)c", "http://a.co/b http://a.co/b"),
        ("[x](http://a.co/b[0]?c=[1]) http://a.co/]", "http://a.co/b[0]?c=[1] http://a.co/"),
        ("(http://a.co/b)http://a.co/c", "http://a.co/b http://a.co/c"),
        ("'http://a.co/b' \"http://a.co/c\" <http://a.co/d>", "http://a.co/b http://a.co/c http://a.co/d"),
        ("**http://a.co/b** http://a.co/it's", "http://a.co/b http://a.co/it's"),
        ("http://a.coを見て http://a.co/これ http://a.co/ไทย", "http://a.co http://a.co/ http://a.co/"),
        ("見てhttp://a.co。", "http://a.co"),
        ("http://пример.рф/Русские_слова http://münchen.de/ü", "http://пример.рф/Русские_слова http://münchen.de/ü"),
        (
            "http://a.みんな/ http://a.中国 http://a.پاکستان/سلام",
            "http://a.みんな/ http://a.中国 http://a.پاکستان/سلام",
        ),
        ("http://xn--ls8h.XN--ls8h.la/ http://a.xn--p1ai", "http://xn--ls8h.XN--ls8h.la/ http://a.xn--p1ai"),
        ("http://a.b.cd http://sub_domain-dash.a.co", "http://a.b.cd http://sub_domain-dash.a.co"),
        ("http://domain.com-that-needs-a-space", "http://domain.com"),
        ("https://web.archive.org/2020/http://a.co/", "https://web.archive.org/2020/http://a.co/"),
        ("http://a.co/b\u202ec http://a.co/b\u200bc http://a.co/b\u00adc", "http://a.co/b http://a.co/b http://a.co/b"),
        ("a.co www.example.com ftp://a.co javascript://a.co mailto:a@a.co", ""),
        ("http://localhost http://127.0.0.1/ http://a.b http://a.co.5 http://a.c_o", ""),
        ("http://-a.co http://a-.co http://.co http:// a.co http://a\u200b.co", ""),
        ("https://bank.co@evil.co https://bank.co:80@evil.co http://a:b@c.co", ""),
        ("xhttp://a.co #http://a.co @http://a.co $http://a.co httpſ://a.co", ""),
    ],
)
def test_parse_finds_urls(text: str, urls: str) -> None:
    assert [span.value for span in parse(text).spans if span.kind == "url"] == urls.split()


def test_parse_gives_code_point_offsets() -> None:
    assert parse("😀 #Django の@Alice http://example.com/a.") == Entities(
        hashtags=("django",),
        mentions=("alice",),
        spans=(
            Span(2, 9, "hashtag", "django"),
            Span(11, 17, "mention", "alice"),
            Span(18, 38, "url", "http://example.com/a"),
        ),
    )


@settings(deadline=None)
@given(TEXTS)
def test_parse_spans_reproduce_the_text(text: str) -> None:
    entities = parse(text)
    end = 0
    for span in entities.spans:
        assert end <= span.start < span.end <= len(text)
        end = span.end
        written = text[span.start : span.end]
        match span.kind:
            case "hashtag":
                assert span.value == normalise_hashtag(written[1:])
                assert parse(f"#{span.value}").hashtags == (span.value,)
            case "mention":
                assert span.value == written[1:].lower()
            case "url":
                assert span.value == written
        assert not any(
            unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
            for c in written
        )
    assert set(entities.hashtags) == {span.value for span in entities.spans if span.kind == "hashtag"}
    assert set(entities.mentions) == {span.value for span in entities.spans if span.kind == "mention"}


@settings(deadline=None)
@given(st.text())
def test_normalise_hashtag_is_idempotent(tag: str) -> None:
    assert normalise_hashtag(normalise_hashtag(tag)) == normalise_hashtag(tag)


@pytest.mark.parametrize("start", ["", "http://a.co/", "http://", "#", "@"])
@pytest.mark.parametrize("unit", NASTY_UNITS)
def test_parse_ends_on_nasty_texts(start: str, unit: str) -> None:
    text = (start + unit * 280)[:280]
    assert all(span.end <= 280 for span in parse(text).spans)
