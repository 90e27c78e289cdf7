import datetime as dt
import math
from io import BytesIO
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ErrorDetail, ParseError

from socialgraph.api_json import JsonParser, JsonRenderer

MOMENT = dt.datetime(2024, 2, 29, 12, 30, 1, 5, dt.UTC)


@pytest.mark.parametrize(
    ("data", "json"),
    [
        ({"a": [1, True, None, "ä"]}, '{"a":[1,true,null,"ä"]}'),
        (MOMENT, '"2024-02-29T12:30:01.000005Z"'),
        (2**63 - 1, "9223372036854775807"),
        (2**70, "1180591620717411303424"),
        ([math.nan, math.inf], "[null,null]"),
        ("\ud800", '"\\ud800"'),
        (gettext_lazy("Not found."), '"Not found."'),
        (ErrorDetail("wrong", "code"), '"wrong"'),
        (None, ""),
    ],
)
def test_whatever_a_view_answers_is_rendered(data: object, json: str) -> None:
    assert JsonRenderer().render(data).decode() == json


@pytest.mark.parametrize("body", [b"", b"{", b"nan", b'{"a": NaN}', b"1e999", b'"\xff"', b'"\\ud800"', b"[" * 5000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match="The body is not JSON in UTF-8"):
        JsonParser().parse(BytesIO(body))


@pytest.mark.parametrize(
    ("body", "data"), [(b'{"a": 18446744073709551615}', {"a": 2**64 - 1}), (b'"\\u0000\\u00e4"', "\0ä"), (b"1.5", 1.5)]
)
def test_json_comes_in_exactly(body: bytes, data: Any) -> None:
    assert JsonParser().parse(BytesIO(body)) == data
