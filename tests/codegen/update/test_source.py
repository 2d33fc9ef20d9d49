"""The sources of a model version, and their errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from helpers.client import TOKEN
from helpers.model_versions import (
    MODEL,
    OTHER_VERSION,
    SMALL,
    SPEC,
    VERSION,
    Change,
    Run,
    Spec,
    UpdateError,
    fetch_version,
    input_of,
    load,
    openapi_schema,
    version_url,
)
from zeroscope._service.reserved import reserved_fields
from zeroscope_mock import MockServer

# Bad files.


def with_input(change: Change) -> bytes:
    """A small version whose Input was changed."""
    cog = openapi_schema({"a": {"type": "string"}})
    change(cog["components"]["schemas"]["Input"])
    return json.dumps(cog).encode()


# Each of these holds the next one twice.
DOUBLED: dict[str, Any] = {
    f"S{n}": {"properties": {key: {"$ref": f"#/components/schemas/S{n + 1}"} for key in "xy"}} for n in range(40)
}

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n\t\n", "it is empty"),
    "page": (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "it is a web page"),
    "page behind a mark": (b"\xef\xbb\xbf  <html>", "it is a web page"),
    "latin": ("{'é': 1}".encode("latin-1"), "it is not UTF-8; save it as UTF-8"),
    "utf-16": ("{}".encode("utf-16"), "it is not UTF-8"),
    "broken": (b'{"openapi": ', "neither JSON nor YAML"),
    "tag": (b"a: !!python/object:os.system x", "neither JSON nor YAML"),
    "nested": (b"[" * 100_000, "neither JSON nor YAML"),
    "nested yaml": (b"- " * 5_000 + b"x", "neither JSON nor YAML"),
    "prose": (b"Hello, this is no schema.", "it is not an object"),
    "list": (b"[1]", "it is not an object"),
    "binary": (b"\x00\x01", "neither JSON nor YAML"),
    "problem": (b'{"detail": "Not found.", "status": 404}', "it has no components.schemas.Input"),
    "own document": (SPEC.encode(), "it has no components.schemas.Input"),
    "list of schemas": (b'{"components": {"schemas": []}}', "it has no components.schemas.Input"),
    "no schema": (b'{"id": "1a", "openapi_schema": null}', "its openapi_schema is empty"),
    "no id": (b'{"openapi_schema": {"a": 1}}', "None cannot be the ID of a version"),
    "odd id": (b'{"id": "../x", "openapi_schema": {"a": 1}}', "'../x' cannot be the ID of a version"),
    "input": (b'{"components": {"schemas": {"Input": 5}}}', "Input is 5, not an object"),
    "type of the input": (with_input(lambda input: input.update(type="array")), "Input is not of type object"),
    "properties": (with_input(lambda input: input.update(properties=[])), "the properties of Input are not an object"),
    "required": (with_input(lambda input: input.update(required="a")), "`required` of Input is not a list of names"),
    "required numbers": (with_input(lambda input: input.update(required=[[]])), "`required` of Input is not a list"),
    "loop of anchors": (
        b"components: {schemas: {Input: {properties: {a: &a {type: array, items: *a}}}}}",
        "a value holds itself through an alias in line 1, column",
    ),
    "levels": (b'{"a":' * 101 + b"1" + b"}" * 101, "values are nested more than 100 levels deep"),
    "references": (
        json.dumps(openapi_schema({"a": {"$ref": "#/components/schemas/S0"}}, S40={}, **DOUBLED)).encode(),
        "its schemas are more than 10,000 with their references written out",
    ),
    "two values of a key": (b'{"components": 1, "components": 2}', "the key 'components' appears twice"),
}


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD)
def test_bad_file__is_one_sentence(run: Run, small: Path, tmp_path: Path, content: bytes, reason: str) -> None:
    """A file without an input is reported in one line that names it and says what to do; nothing changes."""
    path = tmp_path / "described.json"
    path.write_bytes(content)
    outcome = run(path)
    assert outcome.code == 2 and outcome.out == "" and outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"Nothing was changed: {path}: ") and reason in outcome.err
    assert outcome.err.endswith(".\n") and ";" in outcome.err and outcome.err[:-1].isprintable()
    assert small.read_text(encoding="utf-8") == SMALL


ANY: dict[str, Any] = {}
TOLD: dict[str, tuple[Any, dict[str, Any] | None, str]] = {
    "field": (5, ANY, "a is 5, not an object"),
    "field true": (True, ANY, "a is True, not an object"),
    "reference": ({"$ref": "#/components/schemas/No"}, ANY, "'#/components/schemas/No', which is not in the file"),
    "foreign reference": ({"$ref": "other.json#/a"}, ANY, "'other.json#/a', outside the file"),
    "reference to all": ({"$ref": 5, "description": " Words "}, {"description": "Words"}, "refers to 5, outside the"),
    "loop": ({"$ref": "#/components/schemas/Loop"}, ANY, "a refers to itself through '#/components/schemas/Loop'"),
    "loop of items": (
        {"$ref": "#/components/schemas/Tree"},
        {"type": "array", "items": {}},
        "a.items refers to itself through '#/components/schemas/Tree'",
    ),
    "union": ({"anyOf": {"type": "string"}}, ANY, "where a list of schemas belongs"),
    "part": ({"allOf": ["x"]}, ANY, "a is 'x', not an object"),
    "type": ({"type": "file"}, ANY, "the field a is not a valid schema"),
    "bound": ({"type": "integer", "minimum": "1"}, ANY, "the field a is not a valid schema"),
    "choices of no type": ({"enum": ["a", 1], "type": "file"}, ANY, "the field a is not a valid schema"),
    "loop of properties": (
        {"$ref": "#/components/schemas/Box"},
        {"type": "object", "properties": {"inner": {}}},
        "a.inner refers to itself through '#/components/schemas/Box'",
    ),
    "infinity": ({"type": "number", "default": float("inf")}, ANY, "the field a is not a valid schema"),
    "half a sign": ({"type": "string", "description": "\ud800"}, ANY, "the field a is not a valid schema"),
    "enumeration": ({"enum": 5, "nullable": True, "type": "file"}, ANY, "the field a is not a valid schema"),
}


@pytest.mark.parametrize(("field", "wanted", "reason"), TOLD.values(), ids=TOLD)
def test_field__that_cannot_be_read_takes_any_value(
    run: Run, small: Path, field: Any, wanted: dict[str, Any], reason: str
) -> None:
    """A field that cannot be read is named with the reason, keeps its words, and stops no other field."""
    schemas = {
        "Loop": {"$ref": "#/components/schemas/Loop"},
        "Box": {"type": "object", "properties": {"inner": {"$ref": "#/components/schemas/Box"}}},
        "Tree": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Tree"}]}},
    }
    outcome = run(openapi_schema({"a": field, "b": {"type": "integer"}}, required=["a"], **schemas))
    assert outcome.code == 0
    told = [line for line in outcome.err.splitlines() if reason in line]
    assert len(told) == 1 and "; until then, a" in told[0] and told[0].endswith(" takes any value.")
    written = input_of(small.read_text(encoding="utf-8"))
    assert written["properties"] == {"a": wanted, "b": {"type": "integer"}} and written["required"] == ["a"]


def test_field__with_a_date_takes_any_value(run: Run, small: Path, tmp_path: Path) -> None:
    """A value of YAML that JSON does not have is a reason of this kind."""
    path = tmp_path / "described.yaml"
    path.write_bytes(b"components: {schemas: {Input: {properties: {a: {type: string, default: 2020-01-01}}}}}")
    outcome = run(path)
    assert outcome.code == 0 and "the field a is not a valid schema" in outcome.err


@pytest.mark.parametrize("name", ["my-field", "class", "guidance scale", "1st", "self", "__x", "\ufb01", "\u65e5"])
def test_name__that_is_no_argument_is_carried_over(run: Run, small: Path, name: str) -> None:
    """A field keeps the name that the service knows, and how it is given is told where that is not plain."""
    outcome = run(openapi_schema({name: {"type": "string"}, "b": {"type": "integer"}}, required=[name]))
    assert outcome.code == 0
    written = input_of(small.read_text(encoding="utf-8"))
    assert list(written["properties"]) == [name, "b"] and written["required"] == [name]
    told = [line.partition(": ")[2] for line in outcome.err.splitlines()]
    assert told == [f"{field}: {how}." for field, how in reserved_fields([name, "b"]).items()]


@pytest.mark.parametrize("name", ["", "\x1b[31m", "a\nb", "\u202e", "\ud800"])
def test_name__that_does_not_print_is_left_out(run: Run, small: Path, name: str) -> None:
    """A field whose name cannot be read is told and left out, as are its name among the required ones."""
    outcome = run(openapi_schema({name: {"type": "string"}, "b": {"type": "integer"}}, required=["b", name]))
    assert outcome.code == 0
    assert f"Input has the field {name!r}, a name that does not print; it is left out." in outcome.err
    written = input_of(small.read_text(encoding="utf-8"))
    assert list(written["properties"]) == ["b"] and written["required"] == ["b"]


def test_name__that_is_a_number_is_left_out(run: Run, small: Path, tmp_path: Path) -> None:
    """YAML can have such a key, JSON cannot."""
    path = tmp_path / "described.yaml"
    path.write_bytes(b"components: {schemas: {Input: {properties: {5: {}, b: {type: integer}}}}}")
    outcome = run(path)
    assert outcome.code == 0 and "Input has the field 5, a name that does not print" in outcome.err
    assert input_of(small.read_text(encoding="utf-8"))["properties"] == {"b": {"type": "integer"}}


def test_name__of_an_option_is_told(run: Run, spec: Path) -> None:
    """Fields named like options, or like each other, are carried over, and how they are given is told by name."""
    fields = {name: {"type": "string"} for name in ("timeout", "json", "Seed", "seed", "prompt")}
    outcome = run(openapi_schema(fields))
    assert outcome.code == 0
    told = [line.partition(": ")[2] for line in outcome.err.splitlines()]
    assert told == [f"{field}: {how}." for field, how in reserved_fields(fields).items()]
    assert [line.partition(":")[0] for line in told] == ["timeout", "json", "Seed"]
    assert set(input_of(spec.read_text(encoding="utf-8"))["properties"]) == set(fields)


def test_version__without_an_input(run: Run, small: Path) -> None:
    """A model that takes no input has no fields, which is told."""
    cog = openapi_schema({})
    del cog["components"]["schemas"]["Input"]
    outcome = run(cog)
    assert (outcome.code, outcome.err.partition(": ")[2]) == (
        0,
        "Input is not described, so the model has no fields.\n",
    )
    assert input_of(small.read_text(encoding="utf-8"))["properties"] == {}


def test_bad_file__that_cannot_be_read(run: Run, small: Path, tmp_path: Path) -> None:
    """A missing file, a folder, an invalid name and an empty name are reported in the same way."""
    for source, reason in [
        (tmp_path / "nowhere.json", f"{tmp_path / 'nowhere.json'}: there is no such file; check its name"),
        (tmp_path, f"{tmp_path}: it is a folder; name a file in it"),
        (small / "below", f"{small / 'below'}: it cannot be read, Not a directory"),
        ("a\0b", "it cannot be read, embedded null byte"),
        ("", "name a file, or live, with FROM="),
    ]:
        outcome = run(source)
        assert outcome.code == 2 and reason in outcome.err and outcome.err.count("\n") == 1


BAD_SPECS: dict[str, tuple[str, str]] = {
    "no yaml": ("a: [", "it is not YAML, "),
    "no input": ("a: 1", "it has no components.schemas.PredictionInput"),
    "list": ("[1]", "it has no components.schemas.PredictionInput"),
    "json": (json.dumps(load(SPEC)), "components is not in block style"),
    "flow": (
        SMALL.replace("      properties: {}", "      properties: {old: {type: string}}"),
        "the properties of PredictionInput are not in block style",
    ),
    "flow input": (
        SMALL[: SMALL.index("    Pred")] + "    PredictionInput: {type: object, properties: {old: {type: string}}}\n",
        "PredictionInput is not in block style",
    ),
    "merge": (
        SMALL.replace("paths: {}\n", "paths: {}\nx-old: &old {old: {type: string}}\n").replace(
            "properties: {}", "properties:\n        <<: *old"
        ),
        "the properties of PredictionInput are not in block style",
    ),
    "invalid": (SMALL.replace("paths: {}", "paths: {/a: {get: {responses: 5}}}"), "not be valid OpenAPI"),
}


@pytest.mark.parametrize(("content", "reason"), BAD_SPECS.values(), ids=BAD_SPECS)
def test_bad_document__is_left_alone(run: Run, spec: Path, content: str, reason: str) -> None:
    """A document in which the change could do harm is left, and the error says where."""
    spec.write_text(content, encoding="utf-8")
    outcome = run(openapi_schema({"new": {"type": "integer"}}))
    assert outcome.code == 2 and outcome.err.startswith(f"Nothing was changed: {spec}: ") and reason in outcome.err
    assert outcome.err.count("\n") == 1 and spec.read_text(encoding="utf-8") == content


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("version: &version", "edition: &version", "it has no info.x-replicate.version"),
        (
            f"version: &version {VERSION}",
            "edition: &version a\n    version: *model",
            "version is not a string of its own",
        ),
        (f"&version {VERSION}", "&version [a]", "info.x-replicate.version is not a string of its own"),
    ],
)
def test_version__that_has_no_place(run: Run, spec: Path, cog: dict[str, Any], old: str, new: str, reason: str) -> None:
    """A version can be written only where the document has one."""
    text = SPEC.replace("model: anotherjesse", "model: &model anotherjesse").replace(old, new)
    spec.write_text(text, encoding="utf-8")
    outcome = run({"id": OTHER_VERSION, "openapi_schema": cog})
    assert outcome.code == 2 and reason in outcome.err and spec.read_text(encoding="utf-8") == text


# From the service.


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    """The mock server on a socket, where the environment says that the service is."""
    server = MockServer()
    with server, server.listen() as listening:
        monkeypatch.setenv("ZEROSCOPE_BASE_URL", f"{listening.url}/v1/")
        monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
        yield server


def test_live__asks_the_service(run: Run, spec: Path, service: MockServer) -> None:
    """The document's version is what the service says, and another version is asked for by its id."""
    spec.write_text(SPEC.replace("default: 24", "default: 25"), encoding="utf-8")
    assert run("live").code == 0 and spec.read_bytes() == SPEC.encode()
    outcome = run("live", "--version-id", OTHER_VERSION)
    assert outcome.code == 0 and TOKEN not in outcome.out + outcome.err
    assert spec.read_bytes().decode() == SPEC.replace(VERSION, OTHER_VERSION)
    asked = [(entry.method, entry.path) for entry in service.journal]
    assert asked == [("GET", f"/v1/models/{MODEL}/versions/{id}") for id in (VERSION, OTHER_VERSION)]


def test_live__without_such_a_version(run: Run, spec: Path, service: MockServer) -> None:
    """The service's 404 is reported with the URL of the request."""
    outcome = run("live", "--version-id", "abc")
    assert outcome.code == 2 and f"/v1/models/{MODEL}/versions/abc: the service has no such version" in outcome.err
    assert spec.read_bytes() == SPEC.encode()


def answering(*arguments: Any, **response: Any) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(*arguments, **response))


def refusing(error: Exception) -> httpx.MockTransport:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(refuse)


ANSWERS: dict[str, tuple[httpx.BaseTransport, str]] = {
    "token": (answering(401, json={"detail": TOKEN}), "does not accept the token in REPLICATE_API_TOKEN"),
    "forbidden": (answering(403), "may not read the model"),
    "unknown": (answering(404), "no such version of the model"),
    "too often": (answering(429), "too many requests"),
    "failure": (answering(502, html="<p>Bad gateway"), "the service responded with 502"),
    "redirect": (answering(302, headers={"location": "https://elsewhere.test/"}), "the service responded with 302"),
    "page": (answering(200, html="<!doctype html>"), "it is a web page"),
    "nothing": (answering(200), "it is not an object"),
    "bytes": (answering(200, content=b"\xff"), "the response is not UTF-8"),
    "other": (answering(200, json={"id": "b", "openapi_schema": {"a": 1}}), "the response is not that version but b"),
    "schema alone": (answering(200, json={"components": {}}), "the response is not that version"),
    "no network": (
        refusing(httpx.ConnectError("Name or service not known")),
        "there was no response, Name or service not known",
    ),
    "no answer": (refusing(httpx.ReadTimeout("")), "there was no response, ReadTimeout"),
}


@pytest.mark.parametrize(("transport", "reason"), ANSWERS.values(), ids=ANSWERS)
def test_live__reports_errors_of_the_service(transport: httpx.BaseTransport, reason: str) -> None:
    """Any response of the service other than the version is one sentence without the token."""
    environment = {"REPLICATE_API_TOKEN": TOKEN}
    with pytest.raises(UpdateError) as caught:
        fetch_version("https://api.example.test/v1/models/a/b/versions/c", environment, transport)
    assert reason in str(caught.value) and ";" in str(caught.value) and "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_live__through_the_transport_of_the_mock_server() -> None:
    """The request is the one that the service knows, with the token where it belongs."""
    server = MockServer(token=TOKEN)
    url = f"https://api.replicate.com/v1/models/{MODEL}/versions/{VERSION}"
    found = fetch_version(url, {"REPLICATE_API_TOKEN": f" {TOKEN}\n"}, server.transport)
    assert found.id == VERSION and "Input" in found.schema["components"]["schemas"]
    with pytest.raises(UpdateError, match="does not accept the token"):
        fetch_version(url, {"REPLICATE_API_TOKEN": "another"}, server.transport)


@pytest.mark.parametrize("token", [None, "", " ", "r8_with space", "r8_é", "r8_line\nbreak"])
def test_live__needs_a_token_that_can_be_sent(token: str | None) -> None:
    """Without one, no request is sent."""
    environment = {} if token is None else {"REPLICATE_API_TOKEN": token}
    with pytest.raises(UpdateError, match="set REPLICATE_API_TOKEN") as caught:
        fetch_version("https://api.example.test/v1/models/a/b/versions/c", environment, refusing(AssertionError()))
    assert "r8_" not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "old", "new", "reason"),
    [
        ("ftp://x.test", "", "", "the base URL cannot be used"),
        ("http://", "", "", "the base URL cannot be used"),
        ("https://me:secret@x.test", "", "", "the base URL cannot be used"),
        ("https://x.test/?secret=1", "", "", "the base URL cannot be used"),
        ("http://[::1", "", "", "the base URL cannot be used"),
        ("", "servers:", "x-servers:", "the base URL cannot be used"),
        ("", "servers:", "servers: []\nx-servers:", "the base URL cannot be used"),
        ("", "servers:", "servers: [5]\nx-servers:", "the base URL cannot be used"),
        ("", "servers:", "servers: [{}]\nx-servers:", "the base URL cannot be used"),
        ("https://x.test", f"model: {MODEL}", f"model: {MODEL}/x", "info.x-replicate.model is"),
        ("https://x.test", f"model: {MODEL}", "model: ../..", "info.x-replicate.model is '../..'"),
        ("https://x.test", f"model: {MODEL}", "model: 5", "info.x-replicate.model is 5"),
        ("https://x.test", f"&version {VERSION}", "&version a/b", "'a/b' cannot be the ID of a version"),
    ],
)
def test_live__needs_an_address(
    run: Run, spec: Path, monkeypatch: pytest.MonkeyPatch, base: str, old: str, new: str, reason: str
) -> None:
    """An invalid address, model or version is reported before the first request."""
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    monkeypatch.setenv("ZEROSCOPE_BASE_URL", base)
    spec.write_text(SPEC.replace(old, new) if old else SPEC, encoding="utf-8")
    outcome = run("live")
    assert outcome.code == 2 and reason in outcome.err and outcome.err.count("\n") == 1
    assert "secret" not in outcome.err and TOKEN not in outcome.err


def test_live__takes_the_address_of_the_document() -> None:
    """Without an address in the environment, it is the first of the document's servers."""
    url = version_url(Spec(SPEC), None, {})
    assert url == f"https://api.replicate.com/v1/models/{MODEL}/versions/{VERSION}"


def test_version_id__is_for_the_service(run: Run, cog: dict[str, Any]) -> None:
    """A file has one version, so no other can be requested from it."""
    outcome = run(cog, "--version-id", OTHER_VERSION)
    assert outcome.code == 2 and "a file holds one version" in outcome.err
