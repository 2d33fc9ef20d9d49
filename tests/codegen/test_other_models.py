"""Other models in the document: all hand-written code works with them unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from openapi_spec_validator import validate

from helpers.command import Command, Outcome
from helpers.other_models import ALL, Model
from helpers.source_trees import Change, GeneratedTree, replace_input
from zeroscope._service.reserved import command_options

# How files begin, by suffix.
STARTS = {"png": b"\x89PNG", "mp4": b"\0\0\0 "}


@pytest.fixture(scope="module", params=ALL, ids=str)
def model(request: pytest.FixtureRequest) -> Model:
    """Each model."""
    one: Model = request.param
    return one


@pytest.fixture(scope="module")
def tree(model: Model, new_tree: Callable[[Change], GeneratedTree]) -> GeneratedTree:
    """The tree that is generated for the model."""
    return new_tree(partial(replace_input, schemas=model.schemas))


@pytest.fixture(scope="module")
def seen(tree: GeneratedTree, model: Model) -> Any:
    """The results of inputs and command lines in the tree."""
    run = ["run", "--mock", "--mock-speed", "1000", "--output", "new.mp4", "--json", *model.options]
    inputs = [
        model.valid,
        model.minimal,
        *(input for input, _, _ in model.invalid),
        *(input for input, _ in model.boundaries()),
    ]
    return tree.probe(inputs, [["run", "--help"], run, ["run", "--mock"]])


def test_check__follows_before_anything_is_sent(seen: Any, model: Model) -> None:
    """The client finds every error in an input, bounds included, and none in a valid one."""
    bounds = [allowed for _, allowed in model.boundaries()]
    good, least, *found = seen["client"]
    assert good == least == []
    assert found[: len(model.invalid)] == [faults for _, faults, _ in model.invalid]
    assert [not faults for faults in found[len(model.invalid) :]] == bounds and bounds
    assert seen["sent"] == 2 + bounds.count(True)


def test_mock__follows(seen: Any, model: Model) -> None:
    """The server without settings refuses the same inputs, and names the fields."""
    good, least, *found = seen["mock"]
    assert good == least == [201, []]
    assert found[: len(model.invalid)] == [[422, faults] for _, _, faults in model.invalid]
    changed = [(set(input) - set(model.minimal), allowed) for input, allowed in model.boundaries()]
    for (status, faults), (names, allowed) in zip(found[len(model.invalid) :], changed, strict=True):
        assert (status == 201) == allowed
        assert {name for name, _ in faults} == (set() if allowed else {f"input.{name}" for name in names})


def test_conformance__follows(tree: GeneratedTree, command: Command) -> None:
    """The mock server of the model's document keeps the rules that the conformance suite makes of it."""
    outcome = command("conformance", "--quick", "--dialect", "live", "--spec", str(tree.spec))
    assert (outcome.code, "types-enforced" in outcome.out) == (0, True), outcome.out + outcome.err


def test_help__lists_every_field(seen: Any, model: Model) -> None:
    """Each field of the model with its type, bounds, choices and default, and none of the document's own."""
    code, out, _ = seen["commands"][0]
    help = re.sub(r"[│*\s]+", " ", out)
    options = help.partition("Fields of the model's input")[2].partition("Examples:")[0]
    assert code == 0
    assert [line for line in model.help if line not in help] == []
    listed = dict.fromkeys(re.findall(r"(?<!\S)--(?!(?:input\.)?(?:no-|empty-))[a-z.-]+", options))
    assert list(listed) == list(command_options(model.fields).values())
    assert ("PROMPT" in help) == ("prompt" in model.fields)


def test_command__makes_and_saves_a_result(tree: GeneratedTree, seen: Any, model: Model) -> None:
    """`zeroscope run --mock` sends the fields as they were given, and refuses to send nothing where one is needed.

    The files are videos to the command, whatever is in them.
    """
    made, nothing = (Outcome(*result) for result in seen["commands"][1:3])
    assert made.code == 0, made.err
    sent = made.json["input"]
    assert sent == {name: model.valid[name] for name in sent}
    assert len(sent) == len({option.partition("=")[0] for option in model.options})
    saved = ["new.mp4"] if model.results == 1 else [f"new-{index}.mp4" for index in range(model.results)]
    assert {(tree.folder / name).read_bytes()[:4] for name in saved} == {STARTS[model.suffix]}
    assert nothing.code == 2 and next(iter(model.minimal)) in nothing.err


def test_descriptions__stand_beside_the_types(tree: GeneratedTree, model: Model) -> None:
    """What the service says of each field is what editors show, on one line however it was written."""
    source = (tree.folder / "zeroscope_api/models/__init__.py").read_text(encoding="utf-8")
    said = [" ".join(described.get("description", "").split()) for described in model.fields.values()]
    assert [text for text in said if f'"""{text}' not in source] == []
    assert source.count("An enumeration.") == 0


def test_types__follow(tree: GeneratedTree, model: Model) -> None:
    """Both checkers take a program for the model, and find each of its mistakes."""
    lines = [
        "from pathlib import Path",
        "from zeroscope import Zeroscope",
        "def use(client: Zeroscope) -> None:",
        *(f"    client.run({arguments})" for arguments in (*model.accepted, *model.rejected)),
    ]
    program = tree.folder / "program.py"
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    places = range(len(lines) - len(model.rejected) + 1, len(lines) + 1)
    for which, found in enumerate((tree.mypy(program), tree.pyright(program))):
        assert list(found) == list(places)
        for message, parts in zip(found.values(), model.rejected.values(), strict=True):
            assert parts[which] in message


def test_hand_written__code_still_has_the_right_types(tree: GeneratedTree) -> None:
    """Neither the wrapper nor the mock server has to be touched to please mypy, which checks every field in them."""
    assert tree.mypy("-p", "zeroscope", "-p", "zeroscope_mock", "-p", "zeroscope_api") == {}


RUN = """
import asyncio, json, pathlib, sys
import httpx
from zeroscope_mock import MockServer

valid, files, version = map(json.loads, sys.argv[1:])
pathlib.Path("given.png").write_bytes(b"bytes")
given = {**valid, **dict.fromkeys(files, pathlib.Path("given.png"))}
server = MockServer()

def summary(videos):
    return [videos[0].prediction.input, [video.name for video in videos]]

async def main():
    async with server.async_client() as client:
        videos = await client.run(**given)
        await videos[0].save("async.bin")
        return summary(videos)

with server.client() as client:
    videos = client.run(**given)
    videos[0].save("sync.bin")

http = httpx.Client(transport=server.transport, headers={"Authorization": "Bearer me"})
answer = http.get(f"https://mock.test/v1/models/anotherjesse/zeroscope-v2-xl/versions/{version}")
print(json.dumps([summary(videos), asyncio.run(main()), answer.json()["openapi_schema"]]))
"""


def test_run__makes_and_saves_a_result(tree: GeneratedTree, model: Model) -> None:
    """Both clients take files in the fields that the model has for them, and save what comes out.

    The mock server describes the model's version as the service does.
    """
    files = [name for name, described in model.fields.items() if described.get("format") == "uri"]
    sync, asynchronous, schema = tree.python(RUN, model.valid, files, "9" * 64)
    assert sync == asynchronous
    sent, names = sync
    assert sent == {**model.valid, **dict.fromkeys(files, "data:image/png;base64,Ynl0ZXM=")}
    assert names == [f"output-{index}.{model.suffix}" for index in range(model.results)]
    assert {(tree.folder / f"{kind}.bin").read_bytes()[:4] for kind in ("sync", "async")} == {STARTS[model.suffix]}

    validate(schema)
    described = schema["components"]["schemas"]
    assert {name: described[name] for name in model.schemas} == model.schemas
