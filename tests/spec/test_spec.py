"""The document openapi.yaml, compared with the published and the live service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate
from ruamel.yaml import YAML

from helpers.client import prediction_body

ROOT = Path(__file__).parents[2]
SPEC: Any = YAML(typ="safe", pure=True).load(ROOT / "openapi.yaml")
INPUT = SPEC["components"]["schemas"]["PredictionInput"]
REQUEST = SPEC["components"]["schemas"]["CreatePredictionRequest"]

# The input fields of the published description, complete.
PUBLISHED_INPUT: dict[str, dict[str, Any]] = {
    "batch_size": {"default": 1, "description": "Batch size", "minimum": 1, "type": "integer"},
    "fps": {"default": 8, "description": "fps for the output video", "type": "integer"},
    "guidance_scale": {
        "default": 7.5,
        "description": "Guidance scale",
        "maximum": 100,
        "minimum": 1,
        "type": "number",
    },
    "height": {"default": 320, "description": "Height of the output video", "minimum": 256, "type": "integer"},
    "init_video": {"description": "URL of the initial video (optional)", "format": "uri", "type": "string"},
    "init_weight": {"default": 0.5, "description": "Strength of init_video", "type": "number"},
    "model": {
        "default": "xl",
        "description": "Model to use",
        "enum": ["xl", "576w", "potat1", "animov-512x"],
        "type": "string",
    },
    "negative_prompt": {"description": "Negative prompt", "type": "string"},
    "num_frames": {"default": 24, "description": "Number of frames for the output video", "type": "integer"},
    "num_inference_steps": {
        "default": 50,
        "description": "Number of denoising steps",
        "maximum": 500,
        "minimum": 1,
        "type": "integer",
    },
    "prompt": {"default": "An astronaut riding a horse", "description": "Input prompt", "type": "string"},
    "remove_watermark": {"default": False, "description": "Remove watermark", "type": "boolean"},
    "seed": {"description": "Random seed. Leave blank to randomize the seed", "type": "integer"},
    "width": {"default": 576, "description": "Width of the output video", "minimum": 256, "type": "integer"},
}

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"

PUBLISHED_OPERATIONS = [
    ("listPredictions", "get", "/predictions", "List the first page of your predictions"),
    ("createPrediction", "post", "/predictions", "Create a prediction and get the output."),
    ("getPrediction", "get", "/predictions/{prediction_id}", "Get the latest version of a prediction by id"),
    ("cancelPrediction", "post", "/predictions/{prediction_id}/cancel", "Cancel an in progress prediction"),
]

# The places where the document departs from the published description, with words of the reason.
DEPARTURES = [
    (("servers", 0), "no /v1"),
    (("components", "securitySchemes", "bearerAuth"), "header parameters"),
    (("paths", "/predictions", "post", "responses", "200"), "array of untyped objects"),
    (("paths", "/predictions", "post", "responses", "201"), "live service"),
    (("paths", "/predictions", "post", "responses", "202"), "live service"),
    *(((("paths", "/predictions", "get", "parameters", number), "Not published")) for number in range(4)),
    (("components", "parameters", "Prefer"), "Not published"),
    (("components", "parameters", "CancelAfter"), "Not published"),
    (("components", "schemas", "Prediction"), "untyped object"),
    (("components", "schemas", "PredictionPage"), "untyped object"),
    (("components", "schemas", "Problem"), "No errors are published"),
    (("components", "schemas", "CreatePredictionRequest"), "live service refuses"),
    (
        ("components", "schemas", "CreatePredictionRequest", "properties", "webhook_events_filter"),
        "Published as a string",
    ),
    (("components", "schemas", "CreatePredictionRequest", "properties", "stream"), "deprecated"),
    (("components", "schemas", "CreatePredictionRequest", "properties", "version"), "Published as the ID alone"),
    (("paths", "/files", "post"), "Not published"),
    (("paths", "/webhooks/default/secret", "get"), "Not published"),
]


def at(path: tuple[str | int, ...]) -> Any:
    """Return the value at a path in the document."""
    place = SPEC
    for step in path:
        place = place[step]
    return place


def validator(schema: str) -> Draft202012Validator:
    """Return a validator for a schema of the document."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": SPEC["components"]})


def test_document__is_valid_openapi() -> None:
    """The document is valid OpenAPI 3.1."""
    validate(SPEC)
    assert SPEC["openapi"].startswith("3.1.")


def test_info__is_the_published_one() -> None:
    """Title, version and description are the published ones; the servers are the live and the published one."""
    assert (SPEC["info"]["title"], SPEC["info"]["version"], SPEC["info"]["description"]) == (
        "anotherjesse_zeroscope-v2-xl",
        "1.0.0",
        "Zeroscope V2 XL & 576w",
    )
    assert [server["url"] for server in SPEC["servers"]] == [
        "https://api.replicate.com/v1",
        "https://api.replicate.com",
    ]


@pytest.mark.parametrize(("id", "method", "path", "summary"), PUBLISHED_OPERATIONS)
def test_operation__is_the_published_one(id: str, method: str, path: str, summary: str) -> None:
    """Each published operation has its path and method."""
    operation = SPEC["paths"][path][method]
    assert (operation["operationId"], operation["summary"]) == (id, summary)


def test_operations__are_no_more_than_the_wrapper_needs() -> None:
    """The only other operations are the upload and the webhook secret."""
    ids = {
        operation["operationId"]
        for item in SPEC["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    }
    assert ids == {id for id, *_ in PUBLISHED_OPERATIONS} | {"createFile", "getDefaultWebhookSecret"}


@pytest.mark.parametrize("name", PUBLISHED_INPUT)
def test_input_field__is_the_published_one(name: str) -> None:
    """Type, default, bounds, enum, format and description are the published ones, without others."""
    assert INPUT["properties"][name] == PUBLISHED_INPUT[name]


def test_input__has_the_published_fields_and_no_others() -> None:
    """There are fourteen fields, none of them required."""
    assert set(INPUT["properties"]) == set(PUBLISHED_INPUT) and len(PUBLISHED_INPUT) == 14
    assert "required" not in INPUT


def test_request__has_the_published_fields() -> None:
    """Input and version are required; stream, webhook and its filter are not."""
    assert set(REQUEST["required"]) == {"input", "version"}
    assert set(REQUEST["properties"]) == {"input", "stream", "version", "webhook", "webhook_events_filter"}
    assert SPEC["info"]["x-replicate"]["version"] == VERSION


def test_version__has_three_forms_and_is_any_string() -> None:
    """The examples have the three forms of the live service; as published, any other string is valid as well."""
    model = SPEC["info"]["x-replicate"]["model"]
    assert REQUEST["properties"]["version"]["examples"] == [VERSION, f"{model}:{VERSION}", model]
    for version in (*REQUEST["properties"]["version"]["examples"], "rubbish"):
        assert validator("CreatePredictionRequest").is_valid({"input": {}, "version": version})
    assert not validator("CreatePredictionRequest").is_valid({"input": {}, "version": 5})


@pytest.mark.parametrize(
    ("place", "word"), DEPARTURES, ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else ""
)
def test_departure__is_explained_beside_the_place(place: tuple[str | int, ...], word: str) -> None:
    """Each departure has its reason in `x-departure`."""
    assert word in at(place)["x-departure"]


def test_departures__are_all_listed() -> None:
    """There are no other departures."""

    def count(node: Any) -> int:
        if isinstance(node, dict):
            return ("x-departure" in node) + sum(map(count, node.values()))
        return sum(map(count, node)) if isinstance(node, list) else 0

    assert count(SPEC) == len(DEPARTURES)


@pytest.mark.parametrize(
    ("filter", "valid"),
    [("completed", True), (["start", "output", "logs", "completed"], True), ([], True), (["done"], False), (5, False)],
)
def test_webhook_events_filter__is_either(filter: Any, valid: bool) -> None:
    """Both the published string and the live array are valid."""
    body = {"input": {}, "version": "x", "webhook_events_filter": filter}
    assert validator("CreatePredictionRequest").is_valid(body) is valid


def test_security_links_and_callback() -> None:
    """The document has bearer security, links from create to get and cancel, and a callback for the webhook."""
    create = SPEC["paths"]["/predictions"]["post"]
    assert SPEC["security"] == [{"bearerAuth": []}]
    assert SPEC["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"
    for status in ("200", "201", "202"):
        links = create["responses"][status]["links"]
        assert {link["operationId"] for link in links.values()} == {"getPrediction", "cancelPrediction"}
    (callback,) = create["callbacks"]["predictionEvent"]
    assert callback == "{$request.body#/webhook}"


@pytest.mark.parametrize(
    ("header", "good", "bad"),
    [
        ("Prefer", ["wait", "wait=1", "wait=60"], ["wait=0", "wait=61", "wait=99", "wait=", "Wait", "wait=5.5"]),
        (
            "CancelAfter",
            ["5", "5s", "30s", "90", "5m", "1m0s", "1h", "1h5s", "1h30m45s"],
            ["", "s", "4", "4s", "0", "0m", "-5s", "5d", "1s5m", "1.5s", "5 m"],
        ),
    ],
)
def test_header__has_the_live_form(header: str, good: list[str], bad: list[str]) -> None:
    """The patterns of the two headers of a create match what the service accepts."""
    validator = Draft202012Validator(SPEC["components"]["parameters"][header]["schema"])
    assert [text for text in good if not validator.is_valid(text)] == []
    assert [text for text in bad if validator.is_valid(text)] == []


LIST_FILTERS = [
    (
        "created_after",
        ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789+01:00"],
        ["2026-01-01", "2026-01-01T00:00:00", ""],
    ),
    ("created_before", ["2026-01-01T00:00:00Z"], ["rubbish", 5]),
    ("source", ["web"], ["api", "", None]),
    ("cursor", ["cD0yMDI2"], [5, None]),
]


@pytest.mark.parametrize(("name", "good", "bad"), LIST_FILTERS)
def test_list_parameter__has_the_live_form(name: str, good: list[Any], bad: list[Any]) -> None:
    """The times of the list's filters have an offset, and its only source is the website."""
    (schema,) = (each["schema"] for each in SPEC["paths"]["/predictions"]["get"]["parameters"] if each["name"] == name)
    parameter = Draft202012Validator(schema, validate_formats=True)
    assert [value for value in good if not parameter.is_valid(value)] == []
    assert [value for value in bad if parameter.is_valid(value)] == []


def test_rate_limits__are_in_every_response_to_a_known_account() -> None:
    """Every documented response has the headers, except a 401, what the edge may send, and the published form."""
    for path, item in SPEC["paths"].items():
        for method in item.keys() & {"get", "post"}:
            for status, response in item[method]["responses"].items():
                described = at(tuple(response["$ref"].split("/")[1:])) if "$ref" in response else response
                limited = {"ratelimit-remaining", "ratelimit-reset"} <= described.get("headers", {}).keys()
                expected = status not in {"401", "4XX", "5XX"} and (path, method, status) != (
                    "/predictions",
                    "post",
                    "200",
                )
                assert limited is expected, (path, method, status)


def test_error_codes__have_meanings() -> None:
    """The codes with a meaning are those of the service's documentation; the meanings are parts of a sentence."""
    codes = SPEC["components"]["schemas"]["Prediction"]["properties"]["error"]["x-error-codes"]
    assert list(codes["meanings"]) == ["E1000", "E1001", "E4875", "E6716", "E8367", "E8765", "E9243", "E9825"]
    assert all(re.search(codes["patterns"][0], code) for code in codes["meanings"])
    assert all(meaning[0].islower() and meaning[-1] != "." for meaning in codes["meanings"].values())


LEFT_OUT = {key: value for key, value in prediction_body("succeeded").items() if key not in {"output", "data_removed"}}
VIDEO = "https://replicate.delivery/x/output-0.mp4"
RECORDED = {
    "created": prediction_body(),
    "only what can be relied on": {"id": "a", "status": "starting"},
    "left out": LEFT_OUT,
    "null logs": prediction_body("processing", logs=None),
    "canceled": prediction_body("canceled", completed_at="2023-09-08T16:19:34.1Z", metrics={"predict_time": 1.2}),
    "succeeded": prediction_body("succeeded", output=[VIDEO], metrics={"predict_time": 0.01, "total_time": 2}),
    "data removed": prediction_body("succeeded", input=None, logs="", data_removed=True),
    "impossible time": prediction_body("aborted", completed_at="2024-01-01T20:00:84Z", deadline="2024-01-01T00:00:00Z"),
    "never seen": prediction_body("queued", brand_new={"a": 1}, version="hidden", source="web"),
    "failed": prediction_body("failed", error="CUDA out of memory", metrics=None, urls=None),
    "blocking create": prediction_body("processing", output=[VIDEO]),
    "echoes": prediction_body(webhook="https://my.app/", webhook_events_filter=["completed"], deployment="a/b"),
    "nothing to echo": prediction_body(webhook=None, webhook_events_filter=None, deployment=None),
    "all URLs": prediction_body(urls=dict.fromkeys(["get", "cancel", "stream", "web"], "https://x.test/")),
}


@pytest.mark.parametrize("body", RECORDED.values(), ids=RECORDED)
def test_prediction__of_the_service_is_valid(body: dict[str, Any]) -> None:
    """Recorded predictions are valid, with missing and unexpected values."""
    assert [error.message for error in validator("Prediction").iter_errors(body)] == []
    assert validator("PredictionPage").is_valid({"next": None, "previous": None, "results": [body]})


def test_final_statuses__are_statuses() -> None:
    """The final statuses are among the statuses."""
    described = SPEC["components"]["schemas"]["PredictionStatus"]
    assert described["x-final"] == ["succeeded", "failed", "canceled", "aborted"]
    assert set(described["x-final"]) < set(described["enum"])


@pytest.mark.parametrize("body", [{}, {"id": "a"}, {"status": "starting"}, {"id": 5, "status": "x"}, [], "x", None])
def test_prediction__needs_id_and_status(body: Any) -> None:
    """A prediction without an id or a status is invalid."""
    assert not validator("Prediction").is_valid(body)


@pytest.mark.parametrize(
    "body",
    [
        {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token", "status": 401},
        {"detail": "The requested resource could not be found.", "status": 404},
        {"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": 429, "retry_after": 5},
        {
            "title": "Input validation failed",
            "detail": "- input.x: Must be less than or equal to 4\n",
            "status": 422,
            "invalid_fields": [{"type": "number_lte", "field": "input.x", "description": "Must be at most 4"}],
        },
    ],
)
def test_problem__of_the_service_is_valid(body: Any) -> None:
    """The errors of the service are valid problems."""
    assert validator("Problem").is_valid(body)
