"""Users' documents: one that the server cannot follow is refused."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zeroscope_mock import MockServer, SpecError
from zeroscope_mock.documents.bundled import bundled_documents
from zeroscope_mock.documents.spec import Spec
from zeroscope_mock.messages import Head, Request, Response

DOCUMENT: dict[str, Any] = dict(Spec.load().document)
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
MUTANTS = 150
READ = ("paths", "components", "servers", "info", "security")
"""The parts of a document that the server reads."""
UNREAD = frozenset({"description", "examples", "responses", "summary", "tags", "x-departure"})

Change = Callable[[Any], object]


@pytest.fixture
def document() -> dict[str, Any]:
    """The packaged document, to be changed."""
    return copy.deepcopy(DOCUMENT)


def ask(server: MockServer, method: str, path: str, body: Any = None) -> Response:
    """The response to a request."""
    headers = (("host", "h.test"), ("authorization", "Bearer me"), ("content-type", "application/json"))
    sent = b"" if body is None else json.dumps(body).encode()
    return server.core.handle(Request(Head(method, path, "", headers, "https"), sent))


def statuses(server: MockServer) -> list[int]:
    """The statuses of creating a prediction, reading it before and after its end, and listing."""
    state = server.core.state
    prefix = state.spec.prefixes[0]
    created = ask(server, "POST", f"{prefix}/predictions", {"version": VERSION, "input": {}})
    path = f"{prefix}/predictions/{next((record.id for record in state.store.predictions()), 'x')}"
    early = ask(server, "GET", path)
    server.clock.advance(60)
    answers = [created, early, ask(server, "GET", path), ask(server, "GET", f"{prefix}/predictions")]
    return [answer.status for answer in answers]


def put(*path: str | int, value: Any) -> Change:
    """Sets a node of the document."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """Takes a node out of the document."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


LIST, POST = ("paths", "/predictions", "get"), ("paths", "/predictions", "post")
CANCEL = ("paths", "/predictions/{prediction_id}/cancel", "post")
SCHEMAS, PARAMETERS = ("components", "schemas"), ("components", "parameters")
REQUEST = (*SCHEMAS, "CreatePredictionRequest")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop(*LIST, "operationId"), "paths./predictions.get has no 'operationId'"),
        (put(*LIST, "operationId", value=1), "operationId must be a string, not 1 (in paths./predictions.get)"),
        (put(*LIST, value="x"), "paths./predictions.get: 'x' stands where an object must be"),
        (put(*LIST, "parameters", value=["x"]), "paths./predictions.get: 'x' stands where an object must be"),
        (drop(*POST, "requestBody"), "paths./predictions.post: it must have a requestBody"),
        (drop(*POST, "requestBody", "required"), "paths./predictions.post: it must have a requestBody"),
        (drop(*REQUEST, "type"), "paths./predictions.post: the application/json body must be an object"),
        (drop(*REQUEST, "properties", "input"), "must have a property input"),
        (drop(*SCHEMAS, "PredictionInput", "type"), "must have a property input, which is an object"),
        (drop(*SCHEMAS, "CreateFileRequest", "required"), "paths./files.post: the body must be multipart/form-data"),
        (put(*CANCEL, "operationId", value="stop"), "has createPrediction, but not cancelPrediction"),
        (put(*PARAMETERS, "PredictionId", "name", value="id"), "must hold {prediction_id}, declared as a parameter"),
        (put(*PARAMETERS, "PredictionId", "schema", "type", value="integer"), "prediction_id must be a string"),
        (put(*PARAMETERS, "Prefer", "name", value=5), "the name of a parameter must be a string, not 5"),
        (put(*PARAMETERS, "Prefer", "schema", "x-default-seconds", value="x"), "the parameter Prefer: "),
        (put(*SCHEMAS, "WebhookEvent", "enum", value=[["start"]]), "components.schemas.WebhookEvent"),
        (put(*POST, "requestBody", "content", value={5: {"schema": {}}}), "a content type must be a string, not 5"),
        (put("paths", "/{1}", value={"get": {"operationId": "x"}}), "paths./{1}: "),
        (put("servers", value=["x"]), "servers: "),
        (put("info", "x-replicate", "model", value=1), "x-replicate.model must be a string, not 1 (in info)"),
    ],
)
def test_a_document_that_cannot_be_followed__says_where(document: dict[str, Any], change: Change, message: str) -> None:
    """One sentence names the path and the method, or the part, that is wrong."""
    change(document)

    with pytest.raises(SpecError) as caught:
        MockServer(spec=document)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("paths:\n  /x: [\n", "spec.yaml is not YAML: line 3, column 1: "),
        ("\0", "spec.yaml is not YAML: unacceptable character"),
        ("info: 2024-13-45", "spec.yaml is not YAML: month must be in 1..12"),
    ],
)
def test_a_file_that_is_not_yaml__says_where(tmp_path: Path, text: str, message: str) -> None:
    """The sentence names the file once, and the line and the column if there are any."""
    (tmp_path / "spec.yaml").write_text(text)

    with pytest.raises(SpecError) as caught:
        Spec.load(tmp_path / "spec.yaml")

    assert message in str(caught.value)
    assert str(caught.value).count("spec.yaml") == 1


def test_a_file_that_is_not_there__is_named_once() -> None:
    """The reason follows its name, in words."""
    with pytest.raises(SpecError) as caught:
        Spec.load("nope.yaml")

    assert str(caught.value) == "nope.yaml cannot be read: No such file or directory"


@pytest.mark.parametrize("default", [None, "x", [], float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["width", "num_frames", "init_weight", "seed"])
def test_a_default_that_is_no_number__is_ignored(document: dict[str, Any], name: str, default: Any) -> None:
    """The mock's own default applies instead."""
    fields = document["components"]["schemas"]["PredictionInput"]["properties"]
    fields[name]["default"] = default
    fields["init_video"]["default"] = "https://h.test/video.mp4"

    assert statuses(MockServer(spec=document)) == [201, 200, 200, 200]


def test_paths__may_have_other_names(document: dict[str, Any]) -> None:
    """The URLs in responses follow them."""
    document["paths"] = {path.replace("/predictions", "/runs"): item for path, item in document["paths"].items()}
    server = MockServer(spec=document)

    created = ask(server, "POST", "/v1/runs", {"version": VERSION, "input": {}})

    assert isinstance(created.body, bytes)
    assert "/v1/runs/" in json.loads(created.body)["urls"]["cancel"]


def test_parameters__may_be_inline(document: dict[str, Any]) -> None:
    """What the server adds does not need the document's components."""
    parameter = document["components"]["parameters"].pop("PredictionId")
    reference = json.dumps({"$ref": "#/components/parameters/PredictionId"})
    written = json.loads(json.dumps(document).replace(reference, json.dumps(parameter)))

    assert statuses(MockServer(spec=written)) == [201, 200, 200, 200]


def test_an_operation_of_the_service__is_left_out_without_its_response(document: dict[str, Any]) -> None:
    """Without an operation that reads a prediction, the model's route to create one is missing too."""
    document["paths"] = {"/predictions": {"get": document["paths"]["/predictions"]["get"]}}
    server = MockServer(spec=document)

    created = ask(server, "POST", f"/v1/models/{server.core.state.spec.model}/predictions", {"input": {}})

    assert created.status in (404, 405)
    assert ask(server, "GET", "/v1/predictions").status == 200


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as what holds it and its key."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for key in keys if key not in UNREAD for place in [(value, key), *nodes(value[key])]]


def mutate(document: dict[str, Any], rng: random.Random) -> str:
    """Delete, retype or rename a node, and say which."""
    holder, key = rng.choice(
        [place for part in READ if part in document for place in [(document, part), *nodes(document[part])]]
    )
    kind = rng.choice(["delete", "retype", "rename"])
    if kind == "rename" and isinstance(holder, dict):
        holder[rng.choice(["x", "{x}", f"{key}x", 5])] = holder.pop(key)
    elif kind == "retype":
        holder[key] = rng.choice([None, True, 0, -1.5, "", "x", [], ["x"], {}, {"x": 1}])
    else:
        del holder[key]
    return f"{kind} {key}"


def test_any_document__is_refused_or_served() -> None:
    """Whatever is corrupted in the document, only SpecError is raised, and no response is a 5xx."""
    rng, text = random.Random(0), json.dumps(DOCUMENT)
    served = 0
    for number in range(MUTANTS):
        document = json.loads(text)
        what = mutate(document, rng)
        try:
            server = MockServer(spec=document)
        except SpecError:
            continue
        try:
            found = statuses(server)
        except Exception as error:
            raise AssertionError(f"mutant {number}: {what}: {error!r}") from error
        # An operation that was renamed is not known to the server, which says so.
        assert all(status < 500 or status == 501 for status in found), f"mutant {number}: {what}: {found}"
        served += 1
    assert 0 < served < MUTANTS


SEARCH: dict[str, Any] = {"operationId": "search", "responses": {"200": {"description": "", "content": {}}}}
QUERY = {"name": "query", "in": "query", "required": True, "schema": {"type": "string"}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
NOTHING_TO_COMPILE = {"getDefaultWebhookSecret"}
"""Operations without parameters and bodies."""
MODEL_FIELDS = ["owner", "name", "visibility", "hardware"]


def creates_models(required: list[str], must: bool = True, **more: Any) -> dict[str, Any]:
    """An operation with the name of one of the service's, with a body that must be there or not."""
    schema = {"type": "object", "required": required}
    body = {"required": must, "content": {"application/json": {"schema": schema}}}
    return {"operationId": "createModel", "requestBody": body, "responses": {"201": {"description": ""}}, **more}


@pytest.mark.parametrize(
    ("path", "method", "operation", "fits"),
    [
        ("/search", "get", {**SEARCH, "parameters": [QUERY, LIMIT]}, True),
        ("/search", "get", {**SEARCH, "parameters": [QUERY]}, False),
        ("/search", "get", {**SEARCH, "parameters": [QUERY, {**LIMIT, "schema": {"type": "string"}}]}, False),
        ("/search", "post", {**SEARCH, "parameters": [QUERY, LIMIT]}, False),
        ("/find", "get", {**SEARCH, "parameters": [QUERY, LIMIT]}, False),
        ("/models", "post", creates_models(MODEL_FIELDS), True),
        ("/models", "post", creates_models([*MODEL_FIELDS, "more"]), True),
        ("/models", "post", creates_models(MODEL_FIELDS[1:]), False),
        ("/models", "post", creates_models(MODEL_FIELDS, must=False), False),
        ("/models", "post", creates_models(MODEL_FIELDS, requestBody={}), False),
        ("/runs", "get", {"operationId": "listRuns", "responses": {}}, True),
    ],
)
def test_an_operation_with_the_name_of_a_bundled_one(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], fits: bool
) -> None:
    """The server carries it out only if it has all that the bundled one has, and else answers with a sample."""
    document["paths"][path] = {method: operation}
    server = MockServer(spec=document)

    match = server.core.state.spec.match(f"/v1{path}")
    assert match is not None and match.route.operations[method.upper()].fits is fits
    ask(server, method.upper(), f"/v1{path}")
    assert server.journal[-1].status != 500


def compiled(spec: Spec) -> set[str]:
    """The operations of which a schema is compiled."""
    return {
        operation.id
        for operation in spec.operations()
        for schema in (*(one.schema for one in operation.parameters), *(body for _, body in operation.bodies.values()))
        if "_validator" in vars(schema)
    }


def test_lazy_document__is_compiled_when_it_is_used() -> None:
    """A start compiles no schema; a request compiles those of its own operation."""
    spec = Spec.load(None, bundled_documents(), lazy=True)
    assert compiled(spec) == set()

    match = spec.match("/v1/deployments")
    assert match is not None
    _, schema = match.route.operations["POST"].bodies["application/json"]

    assert not schema.is_valid({})
    assert compiled(spec) == {"createDeployment"}
    assert (
        compiled(Spec.load(None)) == {operation.id for operation in Spec.load(None).operations()} - NOTHING_TO_COMPILE
    )


@pytest.mark.parametrize("more", [None, bundled_documents()])
def test_the_packaged_document__can_be_followed(more: dict[str, Any] | None) -> None:
    """Nothing is wrong with it or with the bundled ones, which a server does not check when it starts."""
    spec = Spec.load(None, more)

    assert len(list(spec.operations())) == (6 if more is None else 39)


@pytest.mark.parametrize(
    ("extension", "status", "kind"),
    [
        ({}, 422, "application/problem+json"),
        ({"x-invalid-status": 400, "x-invalid-type": "application/json"}, 400, "application/json"),
    ],
)
def test_invalid_request__has_the_status_of_its_operation(
    document: dict[str, Any], extension: dict[str, Any], status: int, kind: str
) -> None:
    """An operation may have another status and content type than the usual ones."""
    parameter = {**QUERY, "required": True}
    document["paths"]["/runs"] = {
        "get": {"operationId": "listRuns", "parameters": [parameter], "responses": {}, **extension}
    }

    response = ask(MockServer(spec=document), "GET", "/v1/runs")

    assert (response.status, response.header("content-type")) == (status, kind)
