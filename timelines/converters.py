"""Parts of addresses: `<tweet_id:…>` and `<username:…>` in a path."""

from django.urls.converters import StringConverter


class UsernameConverter(StringConverter):
    regex = "[A-Za-z0-9_]{1,15}"


class TweetIdConverter:
    """What fits into a bigint. With a longer number PostgreSQL would compare as numeric, without any index."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        if (tweet_id := int(value)) >= 2**63:
            raise ValueError(value)
        return tweet_id

    def to_url(self, value: int) -> str:
        return str(value)
