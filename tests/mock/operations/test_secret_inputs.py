"""Secret fields of an input, which the server redacts as the service does."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

KEY = "key-0123456789"
SECRET = {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}
REDACTED = {"prompt": "a fox", "api_key": "[REDACTED]"}


def model(secret: Any) -> dict[str, Any]:
    """The schema of a model that takes a prompt and a key."""
    properties = {"prompt": {"type": "string"}, "api_key": secret}
    inputs = {"type": "object", "properties": properties, "required": ["prompt"]}
    return {"components": {"schemas": {"Input": inputs, "Output": {"type": "string"}}}}


def connect(server: MockServer) -> httpx.Client:
    """A client of a server."""
    headers = {"Authorization": "Bearer any"}
    return httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=headers)


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "wait"}], ids=["create", "create that waits"])
def test_prediction__is_shown_without_the_secret_everywhere(prefer: dict[str, str]) -> None:
    """By creates, reads, cancels, lists, webhooks, streams, `/_mock/` and snapshots."""
    received: list[httpx.Request] = []
    server = MockServer(models={"acme/vault": model(SECRET)}, receiver=received.append)
    body = {"input": {"prompt": "a fox", "api_key": KEY}, "webhook": "https://hooks.test/"}
    with connect(server) as api:
        created = api.post("models/acme/vault/predictions", json=body, headers=prefer).json()
        path = f"predictions/{created['id']}"
        server.clock.advance(1)
        stream = api.get(created["urls"]["stream"]).text
        server.clock.advance(60)
        shown = [created, api.get(path).json(), api.post(f"{path}/cancel").json()]
        shown += api.get("predictions").json()["results"]
        control = api.get(f"https://h.test/_mock/predictions/{created['id']}").text
    server.clock.advance(60)

    shown += [json.loads(one.read()) for one in received]
    assert [one["input"] for one in shown] == [REDACTED] * len(shown)
    assert received
    assert KEY not in f"{stream}{control}{json.dumps(server.snapshot())}"


@pytest.mark.parametrize(
    ("secret", "sent", "shown"),
    [
        ({"type": "string", "x-cog-secret": True}, KEY, "[REDACTED]"),
        ({"type": "string", "writeOnly": True}, "x", "[REDACTED]"),
        ({"anyOf": [SECRET, {"type": "null"}]}, KEY, "[REDACTED]"),
        ({"anyOf": [SECRET, {"type": "null"}]}, None, None),
        ({"anyOf": [SECRET, {"type": "integer"}]}, 12345678, "[REDACTED]"),
        ({"type": "array", "items": SECRET}, [KEY, "x"], ["[REDACTED]", "[REDACTED]"]),
        ({"type": "string", "format": "password", "x-cog-secret": False}, KEY, KEY),
    ],
)
def test_schema__says_which_fields_are_secret(secret: Any, sent: Any, shown: Any) -> None:
    """A secret may be optional, and a list may hold secrets."""
    server = MockServer(models={"acme/vault": model(secret)})
    with connect(server) as api:
        body = {"input": {"prompt": "a fox", "api_key": sent}}
        created = api.post("models/acme/vault/predictions", json=body).json()

    assert created["input"]["api_key"] == shown


def test_model__runs_with_the_secret() -> None:
    """A script sees the value; what it prints and why it fails are redacted, as the service redacts logs."""
    server = MockServer(models={"acme/vault": model(SECRET)})
    seen: list[str] = []

    def script(sent: dict[str, Any]) -> dict[str, Any]:
        seen.append(sent["api_key"])
        return {"logs": [f"signing in with {sent['api_key']}"], "error": f"{sent['api_key']} has expired"}

    server.scripts.add(script)
    with connect(server) as api:
        body = {"input": {"prompt": "a fox", "api_key": KEY}}
        ended = api.post("models/acme/vault/predictions", json=body, headers={"Prefer": "wait"}).json()

    assert seen == [KEY]
    assert (ended["logs"], ended["error"]) == ("signing in with [REDACTED]\n", "[REDACTED] has expired")


def test_refusal__does_not_quote_the_secret() -> None:
    """Neither one in its field nor one in an error about the whole input."""
    schema = model({**SECRET, "not": {"pattern": "^key"}})
    schema["components"]["schemas"]["Input"]["not"] = {"required": ["forbidden"]}
    server = MockServer(models={"acme/vault": schema})
    with connect(server) as api:
        body = {"input": {"prompt": "a fox", "api_key": KEY, "forbidden": 1}}
        refused = api.post("models/acme/vault/predictions", json=body)

    fields = {one["field"] for one in refused.json()["invalid_fields"]}
    assert (refused.status_code, fields) == (422, {"input", "input.api_key"})
    assert KEY not in refused.text


def test_unknown_model__has_secrets_by_their_names() -> None:
    """A field of a model without a schema counts as secret if it is named like a key or token for access."""
    names = ["hf_token", "replicateApiToken", "OPENAI_API_KEY", "apikey", "aws_secret", "password"]
    names += ["huggingface_token", "openai_key", "civitai_token", "github_token", "X-API-Key", "api_keys"]
    names += ["passwd", "credentials"]
    others = ["max_tokens", "eos_token", "key", "sort_key", "stop_token_ids", "prompt"]
    others += ["bos_token", "pad_token", "stop_token", "trigger_token"]
    server = MockServer(any_model=True)
    with connect(server) as api:
        body = {"input": dict.fromkeys((*names, *others), "short")}
        created = api.post("models/acme/anything/predictions", json=body).json()

    assert created["input"] == {**dict.fromkeys(names, "[REDACTED]"), **dict.fromkeys(others, "short")}


def test_document__says_which_fields_of_its_model_are_secret(document: dict[str, Any]) -> None:
    """The document that the server follows may describe another model than zeroscope."""
    fields = document["components"]["schemas"]["PredictionInput"]["properties"]
    fields["api_key"] = {**SECRET, "maxLength": 20}
    server = MockServer(spec=document)
    with connect(server) as api:
        version = document["info"]["x-replicate"]["version"]
        created, refused = (
            api.post("predictions", json={"version": version, "input": {"prompt": "a fox", "api_key": key}})
            for key in (KEY, KEY * 20)
        )

    assert created.json()["input"] == REDACTED
    assert [one.status for one in server.journal] == [201, 422]
    assert KEY not in repr(server.journal[:]) + refused.text
