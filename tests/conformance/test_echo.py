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


@pytest.mark.parametrize(
    ("shown", "passed"),
    [
        ({"prompt": "a", "key": "[REDACTED]"}, True),
        ({"prompt": "a", "key": "[secret 5b1f0a9e]"}, True),
        ({"prompt": "a", "key": ["[REDACTED]", "[REDACTED]"]}, True),
        ({"prompt": "a", "key": ["[REDACTED]", "y"]}, False),
        ({"prompt": "a", "key": []}, False),
        ({"prompt": "a", "key": "y"}, False),
        ({"prompt": "a"}, False),
    ],
)
def test_echo__of_another_model_may_be_redacted(shown: Any, passed: bool) -> None:
    """The document does not say which of its fields are secret, but that of the document's model it does."""
    document, sent = Document.load(), {"prompt": "a", "key": "x"}

    assert is_echo(document, shown, sent, own_model=False) is passed
    assert is_echo(document, shown, sent) is False
