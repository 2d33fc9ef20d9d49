"""Fields named like options: each is reached, and none is taken for the option."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from helpers.source_trees import Change, GeneratedTree, input_fields

FIELDS: dict[str, Any] = {
    "timeout": {"type": "integer", "minimum": 1, "description": "Seconds of silence"},
    "deadline": {"type": "boolean"},
    "strength": {"type": "integer", "default": 1},
    "extra_input": {"type": "string"},
    "self": {"type": "string"},
    "draft": {"type": "string"},
    "json": {"type": "string"},
    "output": {"type": "number"},
    "journal": {"type": "string"},
    "concurrency": {"type": "string"},
    "open": {"type": "boolean"},
    "help": {"type": "string"},
    "base_url": {"type": "string", "format": "uri"},
    "options": {"type": "string"},
    "input": {"type": "array", "items": {"type": "string"}},
    "settings": {"type": "object"},
    "quality": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    "boxes": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}},
}
CLASHING = {"timeout": 7, "deadline": True, "strength": 2, "extra_input": "x"}
"""Values of the fields that are options of `run` or `upscale`."""
OTHERS = {"self": "me", "draft": "d", "json": "j", "output": 1.5, "journal": "log", "concurrency": "much", "open": True}
"""Values of fields that are options elsewhere."""


def add_fields(document: Any) -> None:
    """Add the fields to a document, one of them required."""
    input_fields(document).update(FIELDS)
    document["components"]["schemas"]["PredictionInput"]["required"] = ["timeout"]


@pytest.fixture(scope="module")
def tree(new_tree: Callable[[Change], GeneratedTree]) -> GeneratedTree:
    """The tree of the model."""
    return new_tree(add_fields)


CALLS = """
import json, sys
import anyio
from zeroscope import InvalidInputError
from zeroscope_mock import MockServer

clashing, others = map(json.loads, sys.argv[1:])
CALLS = {
    "run": lambda client: client.run(prompt="x", timeout=600, deadline=60, extra_input=clashing, **others),
    "upscale": lambda client, draft: client.upscale(draft, timeout=600, strength=0.5, extra_input=clashing, **others),
    "create": lambda client: client.predictions.create({**clashing, **others}, timeout=5, deadline=60),
    "run_many": lambda client: client.run_many([{**clashing, **others}], timeout=600, deadline=60),
    "missing": lambda client: client.run(prompt="x", timeout=7),
    "too small": lambda client: client.run(extra_input={"timeout": 0}),
    "misspelled": lambda client: client.run(extra_input={"timeout": 5}, settigs={}),
    "option": lambda client: client.run(extra_input=clashing, deadline=1),
}

def input_of(found):
    found = found[0] if isinstance(found, list) else found
    return dict(getattr(found, "prediction", found).input)

def in_sync():
    with MockServer().client() as client:
        for name, call in CALLS.items():
            try:
                draft = [client.run(extra_input=clashing)] if name == "upscale" else []
                yield name, input_of(call(client, *draft))
            except InvalidInputError as error:
                yield name, [[invalid.field, invalid.description] for invalid in error.invalid_fields]

async def in_async():
    async with MockServer().async_client() as client:
        found = []
        for name, call in CALLS.items():
            try:
                draft = [await client.run(extra_input=clashing)] if name == "upscale" else []
                found.append((name, input_of(await call(client, *draft))))
            except InvalidInputError as error:
                found.append((name, [[invalid.field, invalid.description] for invalid in error.invalid_fields]))
        return found

print(json.dumps([dict(in_sync()), dict(anyio.run(in_async))]))
"""


@pytest.fixture(scope="module")
def made(tree: GeneratedTree) -> Any:
    """The inputs that the service got from calls of both clients, or the client's invalid fields."""
    return tree.python(CALLS, CLASHING, OTHERS)


@pytest.mark.parametrize("call", ["run", "upscale", "create", "run_many"])
def test_calls__send_fields_named_like_options(made: Any, call: str) -> None:
    """Each call sends the fields of its input, those of the same names as its options included."""
    for found in made:
        assert {name: value for name, value in found[call].items() if name in FIELDS} == {**CLASHING, **OTHERS}
    assert made[0]["upscale"]["init_weight"] == 0.5


@pytest.mark.parametrize(
    ("call", "invalid"),
    [
        (
            "missing",
            ["input", '"timeout" is a required property; timeout= is an option, so pass the field in extra_input'],
        ),
        ("too small", ["input.timeout", "0 is too small, at least 1 is needed"]),
        ("misspelled", ["input.settigs", "there is no such field; did you mean settings?"]),
    ],
)
def test_errors__know_the_rule(made: Any, call: str, invalid: list[str]) -> None:
    """The field in `extra_input` is checked by the spec, and a missing one is told with the way to give it."""
    for found in made:
        assert found[call] == [invalid]


def test_errors__name_the_option(made: Any) -> None:
    """An invalid option is not taken for the field of its name."""
    for found in made:
        assert [field for field, _ in found["option"]] == ["deadline"]


TYPED = """
from zeroscope import AsyncZeroscope, PredictionInputDict, RunArguments, Zeroscope

field: PredictionInputDict = {"timeout": 7, "deadline": True, "strength": 2}
arguments: RunArguments = {"timeout": 7.5, "deadline": 60}

def calls(client: Zeroscope) -> None:
    client.run(prompt="x", timeout=7.5, deadline=60, self="me", draft="d", strength=2, extra_input={"timeout": 7})
    client.upscale(client.run(), timeout=None, strength=0.5, draft="d", self="me", extra_input={"strength": 2})
    client.run_many([{"timeout": 7}], timeout=7.5)
    client.predictions.create({"timeout": 7, "deadline": True}, timeout=7.5, deadline=60)
    client.run(deadline=True, timeout="much")
    client.upscale(client.run(), strength="much")
    client.run(promt="x")

async def async_calls(client: AsyncZeroscope) -> None:
    await client.run(prompt="x", timeout=7.5, deadline=60, self="me", draft="d", strength=2)
    await client.upscale(await client.run(), timeout=None, strength=0.5, draft="d", self="me")
    await client.run(timeout="much")
"""


def test_types__are_those_of_the_options(tree: GeneratedTree) -> None:
    """Where an option has the name of a field, type checkers expect the option's type, and no required field."""
    program = tree.folder / "typed.py"
    program.write_text(TYPED, encoding="utf-8")
    wrong = [number for number, line in enumerate(TYPED.splitlines(), 1) if "much" in line or "promt" in line]
    assert sorted(tree.mypy(program)) == wrong
    assert sorted(tree.pyright(program)) == wrong


RUN = ["run", "x", "--mock", "--mock-speed", "1000000", "--json", "--output", "new.mp4", "--overwrite"]
REQUIRED = ["--input.timeout", "7"]


VALID: list[tuple[list[str], dict[str, Any]]] = [
    ([*REQUIRED, "--timeout", "600"], {"timeout": 7}),
    (
        ["--input.timeout=7", "--input.open", "--input.json=j", "--input.output", "1.5", "--input.help", "h"],
        {"timeout": 7, "open": True, "json": "j", "output": 1.5, "help": "h"},
    ),
    (
        [*REQUIRED, "--input.no-open", "--deadline", "--self=me", "--draft=d", "--options=o", "--input.strength=3"],
        {"timeout": 7, "open": False, "deadline": True, "self": "me", "draft": "d", "options": "o", "strength": 3},
    ),
    (
        [*REQUIRED, "--input", "a", "--input.input=b", "--input.seed", "5", "--input.deadline=false"],
        {"timeout": 7, "input": ["a", "b"], "seed": 5, "deadline": False},
    ),
    (
        [*REQUIRED, "--settings", '{"a": {"b": null}}', "--boxes", "@boxes.json", "--quality", "5"],
        {"timeout": 7, "settings": {"a": {"b": None}}, "boxes": [{"x": 1}], "quality": 5},
    ),
    ([*REQUIRED, "--quality", "large", "--boxes=[]"], {"timeout": 7, "quality": "large", "boxes": []}),
    ([*REQUIRED, "--quality", '"5"', "--input.settings={}"], {"timeout": 7, "quality": "5", "settings": {}}),
]
"""Options of `run`, and the fields that they send."""

INVALID: list[tuple[list[str], str]] = [
    ([], 'Command "run" parameter --input.timeout requires an argument.'),
    (["--input.timeout", "2.5"], "Invalid value for --input.timeout: '2.5' is not an integer"),
    (["--input.timeout", "0"], "--input.timeout: 0 is too small, at least 1 is needed"),
    ([*REQUIRED, "--input.nope", "0"], "Unknown option: --input.nope. Did you mean --input.open?"),
    (
        [*REQUIRED, "--settings", '{"a" 1}'],
        "Invalid value for --settings: this is not JSON: Expecting ':' delimiter at column 6",
    ),
    (
        [*REQUIRED, "--boxes", "@bad.json"],
        "Invalid value for --boxes: bad.json: this is not JSON: Expecting ',' delimiter at line 2, column 11",
    ),
    ([*REQUIRED, "--boxes", "@none.json"], "Invalid value for --boxes: none.json: No such file or directory"),
    ([*REQUIRED, "--boxes", '[{"x": "a"}]'], "--boxes.0.x: 'a' is not of type integer"),
    ([*REQUIRED, "--boxes", "{}"], "--boxes: {} is not of type array"),
    (
        [*REQUIRED, "--quality", "[1"],
        "Invalid value for --quality: this is not JSON: Expecting ',' delimiter at column 3",
    ),
]
"""Options of `run`, and a part of the message about them."""

HELP = [
    "--timeout FLOAT How long to wait, in seconds.",
    "--input.timeout INT Seconds of silence. At least 1.",
    "--input.open --input.no-open open.",
    "--input STR... --empty-input input.",
    "--deadline --no-deadline deadline.",
    "--settings JSON|@FILE settings. JSON, or @ and the path of a file that has it, or @- for the standard input.",
    "--quality JSON|@FILE quality. JSON",
    "--boxes JSON|@FILE boxes. JSON",
]

FILES = {
    "boxes.json": '[\n  {"x": 1}\n]\n',
    "bad.json": '[{"x": 1},\n {"x": 2} {"x": 3}]\n',
    "in.csv": 'prompt,timeout,json,output,settings,input,quality,open\nx,7,j,1.5,"{""a"": [1]}","[""b""]",large,TRUE\n',
    "in.jsonl": '{"prompt": "x", "timeout": 8, "json": "k", "open": true, "quality": 5, "boxes": [{"x": 2}]}\n',
    "bad.csv": 'prompt,timeout,settings,input\nx,7,"{""a"" 1}",b\nx,soon,"{""a"": 1, ""a"": 2}","[""b""]"\nx,,,\n',
}
UPSCALE = ["upscale", "new.mp4", "--prompt", "x", *RUN[2:], *REQUIRED, "--input.strength", "3", "--strength", "0.5"]
BATCH = ["--mock", "--mock-speed", "1000000", "--json", "--output", "videos/", "--timeout", "600"]


@pytest.fixture(scope="module")
def outcomes(tree: GeneratedTree) -> dict[str, Any]:
    """The exit code, stdout and stderr of each command line, by its arguments."""
    for name, text in FILES.items():
        (tree.folder / name).write_text(text, encoding="utf-8")
    commands = [[*RUN, *arguments] for arguments, _ in [*VALID, *INVALID]]
    commands += [["batch", name, *BATCH, "--input.strength", "3"] for name in FILES if name.startswith(("in", "bad."))]
    commands += [UPSCALE, *([name, "--help"] for name in ("run", "batch", "upscale"))]
    found = tree.probe([], commands)["commands"]
    return dict(zip(map(" ".join, commands), found, strict=True))


@pytest.mark.parametrize(("arguments", "expected"), VALID)
def test_run__sends_every_field(outcomes: dict[str, Any], arguments: list[str], expected: dict[str, Any]) -> None:
    """A field named like an option is --input.NAME, as any other may be; JSON is taken as text or from a file."""
    code, out, err = outcomes[" ".join([*RUN, *arguments])]
    assert code == 0, err
    assert json.loads(out)["input"] == {"prompt": "x", **expected}


@pytest.mark.parametrize(("arguments", "message"), INVALID)
def test_run__names_the_option_and_the_place(outcomes: dict[str, Any], arguments: list[str], message: str) -> None:
    """An error names the option of the field, and where its JSON has a mistake."""
    code, out, err = outcomes[" ".join([*RUN, *arguments])]
    assert (code, out) == (2, "")
    assert message in err


def test_upscale__tells_the_field_from_the_option(outcomes: dict[str, Any]) -> None:
    """Both strengths are given, and each goes where it belongs."""
    code, out, err = outcomes[" ".join(UPSCALE)]
    assert code == 0, err
    sent = json.loads(out)["input"]
    assert (sent["strength"], sent["init_weight"], sent["timeout"], sent["model"]) == (3, 0.5, 7, "xl")


UPSCALE_DRAFT = """
import contextlib, io, json, os, sys
from zeroscope import Zeroscope
from zeroscope.cli import main
from zeroscope_mock import MockServer

os.environ["REPLICATE_API_TOKEN"] = "a-token"
with MockServer(clock="real", speed=1000000).listen() as server:
    url = f"{server.url}/v1"
    with Zeroscope(base_url=url) as client:
        draft = client.predictions.create({"prompt": "x", "timeout": 3})
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(["upscale", draft.id, "--base-url", url, "-o", "large.mp4", "--json", *json.loads(sys.argv[1])])
    print(json.dumps([code, json.loads(out.getvalue())["input"]]))
"""


def test_upscale__of_a_prediction_tells_the_field_from_the_option(tree: GeneratedTree) -> None:
    """The same holds for the draft of a prediction, of which the client takes the fields that it knows."""
    options = [*REQUIRED, "--timeout", "600", "--input.strength", "3", "--strength", "0.5", "--deadline"]
    code, sent = tree.python(UPSCALE_DRAFT, options)
    assert code == 0
    names = ("strength", "init_weight", "timeout", "deadline", "prompt")
    assert {name: sent[name] for name in names} == dict(zip(names, (3, 0.5, 7, True, "x"), strict=True))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "in.csv",
            {"timeout": 7, "json": "j", "output": 1.5, "settings": {"a": [1]}, "input": ["b"], "quality": "large"},
        ),
        ("in.jsonl", {"timeout": 8, "json": "k", "quality": 5, "boxes": [{"x": 2}]}),
    ],
)
def test_batch__takes_columns_and_keys_for_fields(outcomes: dict[str, Any], file: str, expected: Any) -> None:
    """Columns and keys are fields, whatever the options of `batch` are called; a cell of a JSON field is JSON."""
    code, out, err = outcomes[" ".join(["batch", file, *BATCH, "--input.strength", "3"])]
    assert code == 0, err
    assert json.loads(out)["input"] == {"prompt": "x", "open": True, "strength": 3, **expected}


def test_batch__names_the_column_and_the_place(outcomes: dict[str, Any]) -> None:
    """Each cell that is not JSON is told with its line, its column's name and the place in it."""
    code, out, err = outcomes[" ".join(["batch", "bad.csv", *BATCH, "--input.strength", "3"])]
    assert (code, out) == (2, "")
    assert err.splitlines()[1:] == [
        "  line 2: settings: this is not JSON: Expecting ':' delimiter at column 6",
        "  line 2: input: this is not JSON: Expecting value at column 1",
        "  line 3: settings: a: this field is given twice",
        '  line 4: input: "timeout" is a required property',
    ]


@pytest.mark.parametrize("command", ["run", "batch", "upscale"])
def test_help__shows_options_and_kinds(outcomes: dict[str, Any], command: str) -> None:
    """The help has the option by its name, the field by --input.NAME, and what each takes."""
    code, out, _ = outcomes[f"{command} --help"]
    text = re.sub(r"[│*\s]+", " ", out)
    assert code == 0
    assert [line for line in HELP if line not in text] == []
    # The lines of a batch have the required field.
    assert ("[required]" in text.partition("--input.timeout")[2]) is (command != "batch")
