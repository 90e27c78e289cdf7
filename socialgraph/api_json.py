"""JSON in and out of the API, by orjson: exact 64-bit integers, strict UTF-8, times in UTC with a Z, no NaN."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer


class JsonRenderer(JSONRenderer):
    ensure_ascii = True  # of what is left to the parent: a lone surrogate has no UTF-8

    def render(
        self,
        data: Any,  # whatever a view answers
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data, option=orjson.OPT_UTC_Z)
        except TypeError:  # a lazy text, a lone surrogate, an integer of more than 64 bits
            return super().render(data, accepted_media_type, dict(renderer_context or {}))


class JsonParser(JSONParser):
    """A subclass, so that the REST framework reads the body within Django's limit of size."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:  # whatever the client sent: the serializers judge it
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON in UTF-8: {error}.") from error
