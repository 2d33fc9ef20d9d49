"""The verification of secret fields, which the journal does not have."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer, VerificationError, anything, contains, equals, regex

KEY, OTHER = "key-0123456789", "other-9876543210"
SECRET = {"type": "string", "x-cog-secret": True}
INPUT = {"type": "object", "properties": {"prompt": {"type": "string"}, "credential": SECRET}}
NAME = "createModelPrediction"


def called(sent: dict[str, Any]) -> MockServer:
    """A server with one create."""
    server = MockServer(models={"acme/vault": {"components": {"schemas": {"Input": INPUT}}}})
    with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer any"}) as api:
        api.post("https://h.test/v1/models/acme/vault/predictions", json={"input": sent})
    return server


@pytest.mark.parametrize(
    ("expected", "matches"),
    [
        ({"input": {"credential": KEY}}, True),
        ({"input": {"credential": OTHER}}, False),
        ({"input": {"credential": equals(KEY)}}, True),
        ({"input": equals({"prompt": "a fox", "credential": KEY})}, True),
        ({"input": equals({"prompt": "a fox", "credential": OTHER})}, False),
        ({"body": {"input": {"credential": KEY}}}, True),
        ({"body": equals({"input": {"prompt": "a fox", "credential": KEY}})}, True),
        ({"input": {"credential": str}}, True),
        ({"input": {"credential": anything}}, True),
        ({"input": {"credential": [KEY]}}, False),
    ],
)
def test_verify__compares_secrets(expected: dict[str, Any], matches: bool) -> None:
    """By the digests that the journal has in their place."""
    server = called({"prompt": "a fox", "credential": KEY})

    server.verify(NAME, times=int(matches), **expected)


def test_verify__compares_a_field_that_is_secret_for_another_model_only() -> None:
    """The journal has the value of the one, and the digest of the other."""
    server = called({"credential": KEY})
    server.models.add("acme/open", {"components": {"schemas": {"Input": {"type": "object"}}}})
    with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer any"}) as api:
        api.post("https://h.test/v1/models/acme/open/predictions", json={"input": {"credential": KEY}})

    server.verify(NAME, times=2, input={"credential": KEY})
    server.verify(NAME, times=0, input={"credential": OTHER})


def test_verify__accepts_what_a_call_shows() -> None:
    """A mark from the journal stands for its secret."""
    server = called({"credential": KEY})
    (call,) = server.calls(NAME)

    server.verify(NAME, input=call.input)


@pytest.mark.parametrize("sent", [{"credential": KEY}, {"prompt": "a fox"}], ids=["another", "none"])
@pytest.mark.parametrize(
    "expected",
    [
        {"input": {"credential": OTHER}},
        {"input": equals({"credential": OTHER})},
        {"body": {"input": {"credential": OTHER}}},
    ],
)
def test_failure__shows_no_secret(sent: dict[str, Any], expected: dict[str, Any]) -> None:
    """Neither the one that was sent, nor the one that was expected."""
    with pytest.raises(VerificationError) as caught:
        called(sent).verify(NAME, **expected)

    message = str(caught.value)
    assert "credential" in message
    assert KEY not in message and OTHER not in message


@pytest.mark.parametrize("part", [contains("key"), regex("^key"), lambda sent: sent == KEY])
def test_verify__refuses_a_part_of_a_secret(part: Any) -> None:
    """The error says what can be compared."""
    with pytest.raises(ValueError, match=r"input\.credential can be compared only as a whole; pass the value, or any"):
        called({"credential": KEY}).verify(NAME, input={"credential": part})
