"""The input that responses show, and the secrets in it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from zeroscope_conformance.document import Document
from zeroscope_conformance.echo import is_echo


@pytest.mark.parametrize(
    ("shown", "passed"),
    [
        ({"prompt": "a", "key": "x"}, True),
        ({"prompt": "a", "key": "[REDACTED]"}, True),
        ({"prompt": "b", "key": "x"}, False),
        ({"prompt": "a"}, False),
        ({"prompt": "a", "key": "x", "fps": 8}, False),
        (None, False),
    ],
)
def test_echo__may_have_anything_in_place_of_a_secret(shown: Any, passed: bool) -> None:
    """But neither lack it, nor have another value in another field."""
    raw = copy.deepcopy(dict(Document.load().raw))
    raw["components"]["schemas"]["PredictionInput"]["properties"]["key"] = {"type": "string", "writeOnly": True}

    assert is_echo(Document(raw), shown, {"prompt": "a", "key": "x"}) is passed
