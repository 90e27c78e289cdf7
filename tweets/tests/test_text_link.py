from html.parser import HTMLParser

import pytest
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from tweets.tests.nasty_texts import TEXTS
from tweets.text import clean_text, link, parse

ATTRIBUTES = {
    "hashtag": ["class", "dir", "href"],
    "mention": ["class", "dir", "href"],
    "url": ["class", "dir", "href", "title", "rel"],
}


def profile(name: str) -> str:
    return f"/{name}/"


def search(tag: str) -> str:
    return f'/search/?q="{tag}"&x=<1>'


class Page(HTMLParser):
    """What a browser would make of the markup: `written` is its text, with each shortened URL as its title has it."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self.written = ""
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(markup)
        self.close()
        assert self._open is None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert self._open is None
        self._open = (tag, dict(attrs))
        self.elements.append(self._open)
        self.shown.append("")
        if dict(attrs)["class"] == "url":
            self.written += dict(attrs)["title"] or ""

    def handle_endtag(self, tag: str) -> None:
        assert self._open is not None
        assert self._open[0] == tag
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is None:
            self.written += data
            return
        self.shown[-1] += data
        if self._open[1]["class"] != "url":
            self.written += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


URL_LINK = '<a class="url" dir="ltr" href="{0}" title="{0}" rel="nofollow noopener noreferrer ugc">{1}</a>'


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("plain\ntext", "plain\ntext"),
        ("<b>&amp; \"x\" 'y'", "&lt;b&gt;&amp;amp; &quot;x&quot; &#x27;y&#x27;"),
        ("{} {0} %s", "{} {0} %s"),
        ("hi @Alice!", 'hi <a class="mention" dir="ltr" href="/alice/">@Alice</a>!'),
        ("hi ＠alice", 'hi <a class="mention" dir="ltr" href="/alice/">＠alice</a>'),
        ("hi @bob", "hi @bob"),
        ("#Django", '<span class="hashtag" dir="auto">#Django</span>'),
        ("＃مرحبا", '<span class="hashtag" dir="auto">＃مرحبا</span>'),
        ("(http://a.co/b).", f"({URL_LINK.format('http://a.co/b', 'a.co/b')})."),
        ("https://a.co?b=1&c='", URL_LINK.format("https://a.co?b=1&amp;c=", "a.co?b=1&amp;c=") + "&#x27;"),
        ("http://a.co/it's", URL_LINK.format("http://a.co/it&#x27;s", "a.co/it&#x27;s")),
        (f"http://a.co/{'x' * 25}", URL_LINK.format(f"http://a.co/{'x' * 25}", f"a.co/{'x' * 25}")),
        (f"http://a.co/{'x' * 26}", URL_LINK.format(f"http://a.co/{'x' * 26}", f"a.co/{'x' * 24}…")),
        ('http://a.co/"onmouseover="x()', URL_LINK.format("http://a.co/", "a.co/") + "&quot;onmouseover=&quot;x()"),
        (
            'http://a.co/"><script>x()</script>',
            URL_LINK.format("http://a.co/", "a.co/") + "&quot;&gt;&lt;script&gt;x()&lt;/script&gt;",
        ),
        ("javascript:alert(1)//http://a.co", "javascript:alert(1)//" + URL_LINK.format("http://a.co", "a.co")),
        ("javascript://a.co/%0aalert(1)", "javascript://a.co/%0aalert(1)"),
        ("\u202ehttp://a.co/\u202d", f"\u202e{URL_LINK.format('http://a.co/', 'a.co/')}\u202d"),
        ("&#35;a &lt;#b", '&amp;#35;a &amp;lt;<span class="hashtag" dir="auto">#b</span>'),
    ],
)
def test_link_gives_this_markup(text: str, markup: str) -> None:
    assert link(text, {"alice"}, mention_url=profile) == markup


def test_link_escapes_what_hashtag_url_returns() -> None:
    assert link("#Café", (), mention_url=profile, hashtag_url=search) == (
        '<a class="hashtag" dir="auto" href="/search/?q=&quot;café&quot;&amp;x=&lt;1&gt;">#Café</a>'
    )


def test_link_escapes_a_text_marked_safe() -> None:
    assert link(mark_safe("<i>#a</i>"), (), mention_url=profile) == (
        '&lt;i&gt;<span class="hashtag" dir="auto">#a</span>&lt;/i&gt;'
    )
    assert link(mark_safe("<i>"), (), mention_url=profile) == "&lt;i&gt;"


def test_link_is_safe_in_a_template() -> None:
    assert isinstance(link("<i>", (), mention_url=profile), SafeString)


@settings(deadline=None)
@given(TEXTS, st.booleans())
def test_link_shows_the_text_and_adds_nothing_but_links(text: str, links_hashtags: bool) -> None:
    known = {"a", "ab9", "rt"}
    page = Page(link(text, known, mention_url=profile, hashtag_url=search if links_hashtags else None))
    assert page.written == text
    spans = [span for span in parse(text).spans if span.kind != "mention" or span.value in known]
    assert [attributes["class"] for _, attributes in page.elements] == [span.kind for span in spans]
    for (tag, attributes), shown, span in zip(page.elements, page.shown, spans, strict=True):
        if span.kind == "hashtag" and not links_hashtags:
            assert (tag, list(attributes)) == ("span", ["class", "dir"])
            continue
        assert (tag, list(attributes)) == ("a", ATTRIBUTES[span.kind])
        if span.kind == "url":
            assert attributes["href"] == attributes["title"] == span.value
            assert span.value.lower().startswith(("http://", "https://"))
            assert len(shown) <= 30
            assert span.value.partition("://")[2].startswith(shown.removesuffix("…"))
        else:
            assert attributes["href"] == (profile if span.kind == "mention" else search)(span.value)
            assert shown == text[span.start : span.end]


def test_link_keeps_every_new_line_of_a_clean_text() -> None:
    assert link(clean_text("a\r\n\r\n#b\n\nhttp://a.co\nc"), (), mention_url=profile).count("\n") == 5
