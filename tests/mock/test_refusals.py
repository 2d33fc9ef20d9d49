"""The reasons why requests are refused, and the places that forbid them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import zeroscope_mock
from zeroscope_mock import Exchange, MockServer
from zeroscope_mock.documents.places import has, value_at
from zeroscope_mock.documents.reading import unescape

ROOT = Path(__file__).parents[2]
PACKAGES = Path(zeroscope_mock.__file__).parents[1]
DOCUMENT = yaml.safe_load((ROOT / "openapi.yaml").read_text())
TOKEN = "a-token-of-a-test"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
VERSION = MockServer().core.state.spec.version
MODEL: dict[str, Any] = {
    "components": {
        "schemas": {
            "Input": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}},
            "TrainingInput": {"type": "object", "required": ["data"]},
        }
    }
}
CREATE = "paths/~1predictions/post"
PREDICTION_INPUT = "components/schemas/PredictionInput/properties"
SERVICE = "zeroscope_mock/documents/service"


def exchange(server: MockServer, method: str, path: str, **request: Any) -> Exchange:
    """The exchange of one request."""
    with httpx.Client(transport=server.transport, base_url="http://mock.test/v1") as api:
        api.request(method, path, **{"headers": AUTH, **request})
    return server.journal[-1]


def at(place: str | None) -> tuple[str, Any]:
    """The last part of a place and the value there, which must exist."""
    assert place is not None
    name, _, pointer = place.partition("#/")
    known = {"openapi.yaml": DOCUMENT, "acme/m": MODEL}
    document = known[name] if name in known else json.loads((PACKAGES / name).read_text())
    parts = [unescape(part) for part in pointer.split("/")]
    assert has(document, parts), place
    return parts[-1], value_at(document, parts)


def create(version: str | None = VERSION, **input: Any) -> dict[str, Any]:
    return {"json": {"version": version, "input": input}}


@pytest.mark.parametrize(
    ("method", "path", "request_", "status", "place", "reason"),
    [
        ("GET", "/prediction", {}, 404, "openapi.yaml#/paths", "No such operation; the nearest is GET /v1/"),
        ("PUT", "/predictions", {}, 405, "openapi.yaml#/paths/~1predictions", 'Method "PUT" not allowed.'),
        ("GET", "/predictions", {"headers": {}}, 401, "openapi.yaml#/security", "valid authentication token"),
        ("POST", "/predictions", {"content": b"{"}, 400, f"openapi.yaml#/{CREATE}/requestBody/content", "not JSON"),
        (
            "POST",
            "/predictions",
            {"content": b"{", "headers": {**AUTH, "content-type": "text/csv"}},
            415,
            f"openapi.yaml#/{CREATE}/requestBody/content",
            '"text/csv"',
        ),
        ("POST", "/predictions", {"content": b" " * 9999}, 413, f"openapi.yaml#/{CREATE}/responses/4XX", "9000 bytes"),
        (
            "POST",
            "/predictions",
            create(width=1),
            422,
            f"openapi.yaml#/{PREDICTION_INPUT}/width/minimum",
            "input.width: 1 < ",
        ),
        (
            "POST",
            "/predictions",
            create(model="x"),
            422,
            f"openapi.yaml#/{PREDICTION_INPUT}/model/enum",
            'input.model: "x" is none of "',
        ),
        ("POST", "/predictions", create("x/y"), 422, f"openapi.yaml#/{CREATE}/responses/422", "does not exist"),
        (
            "POST",
            "/predictions",
            create("acme/m", n=2),
            422,
            "acme/m#/components/schemas/Input/properties/n/minimum",
            "2 < 3",
        ),
        (
            "GET",
            "/predictions?source=x",
            {},
            422,
            "openapi.yaml#/paths/~1predictions/get/parameters/3/schema/enum",
            'source: "x" is none of ',
        ),
        (
            "GET",
            "/predictions?cursor=x",
            {},
            422,
            "openapi.yaml#/paths/~1predictions/get/parameters/0",
            "cursor: Invalid cursor",
        ),
        (
            "GET",
            "/predictions/x",
            {},
            404,
            "openapi.yaml#/paths/~1predictions~1{prediction_id}/get/responses/404",
            "There is no prediction 'x'",
        ),
        (
            "GET",
            "/search?query=x&limit=99",
            {},
            400,
            f"{SERVICE}/collections.json#/paths/~1search/get/parameters/1/schema/maximum",
            "limit: 99 > ",
        ),
        (
            "GET",
            "/models/a/b",
            {},
            404,
            f"{SERVICE}/models.json#/paths/~1models~1{{owner}}~1{{name}}/get/responses/404",
            "There is no model a/b",
        ),
    ],
)
def test_refusal__has_a_reason_and_a_true_place(
    method: str, path: str, request_: dict[str, Any], status: int, place: str, reason: str
) -> None:
    """Each refusal names the place in a document that refuses it, which exists there."""
    server = MockServer(models={"acme/m": MODEL}, json_limit=9000)

    found = exchange(server, method, path, **request_)

    (refusal,) = found.refusals
    assert (found.status, refusal.place) == (status, place)
    assert found.reason is not None and reason in found.reason
    at(place)


@pytest.mark.parametrize("kind", ["throttled", "out of credit"])
def test_refusal__by_a_limit(kind: str) -> None:
    """A limit refuses a request by the response that the document has for it."""
    server = MockServer()
    if kind == "throttled":
        server.limits.use("low-credit")
        exchange(server, "POST", "/predictions", **create())
    else:
        server.limits.out_of_credit = True

    found = exchange(server, "POST", "/predictions", **create())

    (refusal,) = found.refusals
    assert at(refusal.place)[0] == str(found.status) == {"throttled": "429", "out of credit": "402"}[kind]


def test_refusal__of_a_training() -> None:
    """The input of a training is forbidden by the schema of its model."""
    server = MockServer(models={"acme/m": MODEL})
    version = exchange(server, "GET", "/models/acme/m").response_json["latest_version"]["id"]
    path = f"/models/acme/m/versions/{version}/trainings"

    found = exchange(server, "POST", path, json={"destination": "a/b", "input": {}})

    (refusal,) = found.refusals
    assert refusal.place == "acme/m#/components/schemas/TrainingInput/required"
    assert at(refusal.place)[1] == ["data"]


def test_refusal__of_a_document_of_its_own(tmp_path: Path) -> None:
    """The place in a user's document has the name of its file."""
    document = json.loads(json.dumps(MockServer().core.document))
    document["components"]["schemas"]["PredictionInput"]["properties"]["width"]["minimum"] = 300
    (tmp_path / "mine.json").write_text(json.dumps(document))

    found = exchange(MockServer(spec=tmp_path / "mine.json"), "POST", "/predictions", **create(width=299))

    assert [one.place for one in found.refusals] == [f"mine.json#/{PREDICTION_INPUT}/width/minimum"]
    assert found.reason == "input.width: 299 < 300"


def test_refusal__shows_no_token() -> None:
    """A token in a value is redacted before the value is cut, which would leave the start of a token."""
    found = exchange(MockServer(), "POST", "/predictions", **create(fps=f"{'x' * 190}{TOKEN}{'y' * 100}"))

    (refusal,) = found.refusals
    assert refusal.value is not None and refusal.value.startswith('"xxx') and len(refusal.value) == 200
    assert "a-tok" not in repr(found.refusals)


def test_refusals__are_bounded() -> None:
    """A body with thousands of errors keeps the first ones."""
    found = exchange(MockServer(), "POST", "/predictions", json={f"x{number}": 1 for number in range(3000)})

    assert len(found.response_json["invalid_fields"]) > 3000
    assert len(found.refusals) == 20


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/predictions", {"json": {"input": {}, f"{'x' * 490}{TOKEN}{'y' * 900_000}": 1}}),
        ("GET", f"/predictions/{'x' * 470}{TOKEN}{'y' * 9000}", {}),
    ],
)
def test_refusal__is_short(method: str, path: str, request_: dict[str, Any]) -> None:
    """A name of any length is cut in each text of a reason, after the token in it is redacted."""
    found = exchange(MockServer(), method, path, **request_)

    texts = [getattr(one, name) or "" for one in found.refusals for name in ("field", "problem", "place", "relation")]
    assert max(map(len, texts)) == 500
    assert "a-tok" not in repr(found.refusals)


def test_responses__have_neither_value_nor_place() -> None:
    """The body of a refusal is the service's."""
    found = exchange(MockServer(), "POST", "/predictions", **create(width=1))

    (invalid,) = found.response_json["invalid_fields"]
    assert invalid.keys() == {"type", "field", "description"}


def test_success__has_no_refusal() -> None:
    """A request that is answered, and one for the methods of a path, have no reason."""
    server = MockServer()

    assert exchange(server, "POST", "/predictions", **create()).refusals == ()
    assert exchange(server, "OPTIONS", "/predictions").refusals == ()
    assert exchange(server, "GET", "/predictions").reason is None
