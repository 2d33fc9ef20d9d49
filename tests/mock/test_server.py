"""The server's clients, settings and document, and the cost of importing it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

import zeroscope_mock
from zeroscope_mock import MockServer, RealClock, SpecError, VirtualClock

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
DOCUMENT = Path(__file__).parents[2] / "openapi.yaml"
AUTH = {"Authorization": "Bearer a-token"}


def test_a_client_renders_without_waiting(server: MockServer, tmp_path: Path) -> None:
    """The client sleeps on the server's clock and gets a real video."""
    with server.client() as client:
        videos = client.run(prompt="An astronaut riding a horse", num_frames=3)
        videos[0].save(tmp_path / "astronaut.mp4")

    assert (tmp_path / "astronaut.mp4").read_bytes()[4:8] == b"ftyp"
    assert server.clock.monotonic() > 0.5
    assert server.journal[0].operation == "createPrediction"


@pytest.mark.anyio
async def test_an_async_client_does_so_too(server: MockServer) -> None:
    """The same through the asynchronous client."""
    async with server.async_client() as client:
        videos = await client.run(prompt="An astronaut riding a horse", num_frames=3)
        content = await videos[0].read()

    assert content[4:8] == b"ftyp"


def test_a_client_has_the_token_of_the_server() -> None:
    """Unless it is given another one."""
    server = MockServer(token="the-only-token")
    with server.client() as client:
        assert list(client.predictions.list()) == []
    with server.client(token="another-token") as client, pytest.raises(Exception, match="authentication"):
        list(client.predictions.list())


def test_the_transport_serves_both_kinds_of_client(server: MockServer) -> None:
    """There is one transport, and its responses can be streamed."""
    assert server.transport is server.transport
    with httpx.Client(transport=server.transport, headers=AUTH) as api, api.stream("GET", "http://h/predictions") as r:
        assert json.loads(b"".join(r.iter_bytes()))["results"] == []


@pytest.mark.anyio
async def test_the_transport_streams_asynchronously(server: MockServer) -> None:
    """As for a synchronous client."""
    async with (
        httpx.AsyncClient(transport=server.transport, headers=AUTH) as api,
        api.stream("GET", "http://h/predictions") as response,
    ):
        assert json.loads(b"".join([chunk async for chunk in response.aiter_bytes()]))["results"] == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clock": "sundial"}, "the clock must be 'virtual' or 'real', not 'sundial'"),
        ({"speed": 0}, "the speed of predictions is a number above 0, not 0"),
        ({"speed": -1}, "the speed of predictions is a number above 0, not -1"),
        ({"speed": math.inf}, "the speed of predictions is a number above 0, not inf"),
        ({"speed": math.nan}, "the speed of predictions is a number above 0, not nan"),
        ({"dialect": "klingon"}, "the dialect must be 'live' or 'published', not 'klingon'"),
        ({"rate_limits": "none"}, "the rate limits must be one of live, low-credit, not 'none'"),
        ({"speed": "5"}, "the speed of predictions is a number above 0, not '5'"),
        ({"speed": True}, "the speed of predictions is a number above 0, not True"),
        ({"seed": None}, "the seed must be an integer, not None"),
        ({"seed": "a"}, "the seed must be an integer, not 'a'"),
        ({"seed": 1.5}, "the seed must be an integer, not 1.5"),
        ({"seed": True}, "the seed must be an integer, not True"),
        ({"journal_limit": 0}, "journal_limit must be at least 1, not 0"),
        ({"journal_limit": "5"}, "journal_limit must be an integer, not '5'"),
        ({"json_limit": True}, "json_limit must be an integer, not True"),
        ({"file_limit": 1.5}, "file_limit must be an integer, not 1.5"),
        ({"storage_limit": None}, "storage_limit must be an integer, not None"),
        ({"prediction_limit": -1}, "prediction_limit must be at least 1, not -1"),
        ({"account": "Acme Inc"}, "an account's name has lower-case letters, .*; not 'Acme Inc'"),
        ({"account": 5}, "an account's name has lower-case letters, .*; not 5"),
        ({"token": ""}, "the token must be a non-empty string"),
        ({"token": " "}, "the token must be a non-empty string"),
        ({"token": 5}, "the token must be a non-empty string"),
    ],
)
def test_an_invalid_setting(settings: dict[str, Any], message: str) -> None:
    """Wrong settings are refused at once."""
    with pytest.raises(ValueError, match=message):
        MockServer(**settings)


def test_a_token_that_cannot_be_sent_is_not_shown() -> None:
    """It may be a real one with a typo."""
    with pytest.raises(ValueError, match="the token must be a non-empty string") as caught:
        MockServer(token="r8_secret ")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["192.0.2.1", "a..b"])
def test_an_address_that_cannot_be_listened_on_is_named(host: str) -> None:
    """The error has the host and the port."""
    with pytest.raises(OSError, match="port 81") as caught:
        MockServer().listen(host, 81)
    assert caught.value.filename == f"{host}, port 81"


def test_the_clock_is_the_one_asked_for() -> None:
    """Virtual by default, real on request, or a given one."""
    mine = VirtualClock(start=0.0)

    assert isinstance(MockServer().clock, VirtualClock)
    assert isinstance(MockServer(clock="real").clock, RealClock)
    assert MockServer(clock=mine).clock is mine


def test_responses_match_the_document(server: MockServer, document: dict[str, Any]) -> None:
    """Bodies of every kind are valid by the document's schemas, in which no name is misspelled."""

    def check(name: str, body: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(body)
        assert body.keys() <= document["components"]["schemas"][name]["properties"].keys() | EXTRA.get(name, set())

    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        for prompt in ("x", "mock:fail", "mock:abort", "mock:expire", "mock:empty"):
            sent = {"version": VERSION, "input": {"prompt": prompt}, "webhook": "https://h.test/hook"}
            body = api.post("/predictions", json=sent, headers={"Cancel-After": "1h"}).json()
            check("Prediction", body)
            for _ in range(8):
                server.clock.advance(0.7)
                check("Prediction", api.get(body["urls"]["get"]).json())
        check("PredictionPage", api.get("/predictions").json())
        check("File", api.post("/files", files={"content": b"x"}).json())
        check("WebhookSecret", api.get("/webhooks/default/secret").json())
        for response in (api.get("/x"), api.put("/files"), api.post("/predictions", json={}), api.post("/files")):
            check("Problem", response.json())


EXTRA = {"File": {"created_at", "etag", "metadata"}}
"""What the live service sends beyond what the document describes."""


def test_a_document_needs_only_the_components_that_it_uses() -> None:
    """Components of the project's document, which the routes beyond it refer to, may be missing from it."""
    document = {"paths": {"/predictions": {"get": {"operationId": "listPredictions"}}}}
    with httpx.Client(transport=MockServer(spec=document).transport, base_url="https://h.test", headers=AUTH) as api:
        assert api.get("/predictions").json() == {"next": None, "previous": None, "results": []}
        assert api.get("/models/a/b").status_code == 404
        assert api.post("/models/a/b/predictions", json={"input": {}}).status_code == 404


def test_a_changed_document_changes_the_server(document: dict[str, Any]) -> None:
    """Bounds, defaults, enums, fields and paths come from the document and from nowhere else."""
    fields = document["components"]["schemas"]["PredictionInput"]["properties"]
    fields["width"].update(minimum=64, default=128, maximum=128)
    fields["height"]["default"] = 64
    fields["num_inference_steps"]["default"] = 5
    fields["model"]["enum"].append("1024w")
    fields["loops"] = {"type": "integer", "maximum": 3}
    document["servers"] = [{"url": "https://h.test/v9"}]
    document["paths"]["/runs"] = document["paths"].pop("/predictions")
    server = MockServer(spec=document)

    with httpx.Client(transport=server.transport, base_url="https://h.test/v9", headers=AUTH) as api:

        def create(**sent: Any) -> httpx.Response:
            return api.post("/runs", json={"version": VERSION, "input": sent})

        assert create(width=129).json()["detail"] == "- input.width: Must be less than or equal to 128\n"
        assert create(loops=4).json()["detail"] == "- input.loops: Must be less than or equal to 3\n"
        assert create(height=1).status_code == 422
        created = create(model="1024w", loops=2, width=64)
        server.clock.advance(60)
        body = api.get(created.json()["urls"]["get"]).json()
        assert body["logs"].splitlines()[-1].startswith("100%|██████████| 5/5 ")
        assert api.get(body["output"][0]).status_code == 200
        assert api.get("/predictions").status_code == 404
        assert api.get("https://h.test/v1/runs").status_code == 404


def test_an_operation_without_a_handler(document: dict[str, Any]) -> None:
    """An operation that the server cannot handle, and that has no sample response, is a 501 that names it."""
    document["paths"]["/trainings"] = {"get": {"operationId": "listTrainings", "responses": {}}}
    server = MockServer(spec=document)

    with httpx.Client(transport=server.transport, headers=AUTH) as api:
        response = api.get("https://h.test/v1/trainings")

    assert response.status_code == 501
    assert "listTrainings" in response.json()["detail"]


def test_the_longest_prefix_goes_first(document: dict[str, Any]) -> None:
    """A path that matches two prefixes is read with the longer one."""
    document["paths"]["/{area}/predictions"] = {"get": {"operationId": "listArea", "responses": {}}}
    server = MockServer(spec=document)

    with httpx.Client(transport=server.transport, base_url="https://h.test", headers=AUTH) as api:
        assert api.get("/v1/predictions").status_code == 200
        assert api.get("/v2/predictions").status_code == 501


def test_parameters_of_other_types(document: dict[str, Any]) -> None:
    """Query parameters are text and become what their schema calls for."""
    document["paths"]["/predictions"]["get"]["parameters"] = [
        {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "minimum": 1}}
    ]
    server = MockServer(spec=document)

    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        answers = [
            api.get("/predictions", params=params) for params in ({"limit": 3}, {"limit": 0}, {"limit": "x"}, {})
        ]

    assert [answer.status_code for answer in answers] == [200, 422, 422, 422]
    assert [answer.json()["detail"] for answer in answers[1:]] == [
        "- limit: Must be greater than or equal to 1\n",
        "- limit: Invalid type. Expected: integer, given: string\n",
        "- limit is required\n",
    ]


def test_a_document_may_be_a_file(tmp_path: Path, document: dict[str, Any]) -> None:
    """As YAML or as JSON."""
    (tmp_path / "spec.json").write_text(json.dumps(document), encoding="utf-8")

    for spec in (DOCUMENT, str(tmp_path / "spec.json")):
        assert MockServer(spec=spec).core.document == document


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.yaml", None, "missing.yaml cannot be read: "),
        ("spec.json", "{", "spec.json is not JSON: "),
        ("spec.yaml", "a: [", "spec.yaml is not YAML: "),
        ("spec.yaml", "- 1", "the document cannot be followed: "),
        ("spec.yaml", "a: 1", "the document has no 'paths'"),
        ("spec.yaml", "paths: {/x: {$ref: '#/paths/~1x'}}", "the document cannot be followed: "),
        ("spec.yaml", "paths: {/x: {get: {operationId: x, parameters: [{$ref: '#/y'}]}}}", "the document has no 'y'"),
    ],
)
def test_a_document_that_cannot_be_followed(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    """One sentence says what is wrong with it."""
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")

    with pytest.raises(SpecError) as caught:
        MockServer(spec=tmp_path / name)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_invalid_schema(document: dict[str, Any]) -> None:
    """An invalid schema is found when the server is made and not when a request arrives."""
    document["components"]["schemas"]["PredictionInput"]["properties"]["width"]["minimum"] = "wide"

    with pytest.raises(SpecError, match="the document cannot be followed: ") as caught:
        MockServer(spec=document)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import zeroscope_mock", "jsonschema_rs httpx httptools yaml av PIL anyio python_multipart zeroscope"),
        (
            "import zeroscope_mock; zeroscope_mock.MockServer().app",
            "httpx httptools yaml av PIL python_multipart zeroscope zeroscope_api",
        ),
        ("import zeroscope_mock; zeroscope_mock.MockServer().transport", "httptools yaml av PIL zeroscope"),
    ],
)
def test_importing_is_light(program: str, absent: str) -> None:
    """Large packages are imported when first needed; the core never needs the client."""
    check = f"import sys; sys.path[:0] = {sys.path!r}\n{program}\nprint(*set({absent.split()!r}) & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert result.stdout.split() == []


def test_the_public_names() -> None:
    """`__all__` is sorted, complete and true."""
    assert list(zeroscope_mock.__all__) == sorted(zeroscope_mock.__all__)
    assert all(hasattr(zeroscope_mock, name) for name in zeroscope_mock.__all__)
