from hypothesis import strategies as st

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

PIECES = [
    *["#", "＃", "@", "＠", "_", "a", "Ab9", "1", "RT", "é", "e\u0301", "ß", "x" * 40],
    *["日本", "゛", "～", "ไทย", "مرحبا", "हिन्दी", FAMILY],
    *["\ufe0f", "\u20e3", "\u200b", "\u200d", "\u202e", "\u2066", "\u2069", "\u3164", " ", "\n", "\r", "\t"],
    *["&", "&amp;", "&#39;", "<b>", "</a>", "<!--", "<script>", '">', "'", "`", "\\", "{}", "{0}", "%s", "%20"],
    *["://", "http://", "HTTPS://", "http://a.co", "http://a.co/x", "example.com", "javascript:"],
    *["/", ".", ",", "(", ")", "[", "]", "?", "=", "-", ":80", "!", "~", "*"],
]

# Pieces that mean something to the parser or to a browser, next to each other in any order.
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)
