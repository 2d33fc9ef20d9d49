"""A changed document: all hand-written code follows new and removed parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from helpers.command import Command, Outcome
from helpers.source_trees import Change, GeneratedTree, input_fields

# Of each kind that some code could take for granted; none goes together with what could stand in for it.
REMOVED = (("prompt",), ("fps", "seed"), ("batch_size", "num_frames"))

OPERATION = {
    "operationId": "getCollection",
    "tags": ["collections"],
    "summary": "Read a collection of models",
    "parameters": [{"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}}],
    "responses": {
        "200": {
            "description": "The collection.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JsonObject"}}},
        },
        "401": {"$ref": "#/components/responses/Unauthenticated"},
    },
}


def change(document: Any, removed: Iterable[str]) -> None:
    """Applies all kinds of changes to a document at once."""
    known = input_fields(document)
    known["motion"] = {"type": "integer", "description": "How much moves", "default": 3, "minimum": 0, "maximum": 10}
    null = {"type": "null"}
    known["pace"] = {"description": "How fast", "anyOf": [{"type": "number", "minimum": 0, "maximum": 2}, null]}
    known["anchor"] = {"description": "What stays", "anyOf": [{"type": "string", "format": "uri"}, null]}
    known["model"]["enum"].append("zeroscope-v3")
    known["init_weight"]["maximum"] = 1
    for name in removed:
        del known[name]
    document["paths"]["/collections/{slug}"] = {"get": OPERATION}


@pytest.fixture(scope="module", params=REMOVED, ids=" and ".join)
def removed(request: pytest.FixtureRequest) -> Sequence[str]:
    """The fields that were removed from the document."""
    names: Sequence[str] = request.param
    return names


@pytest.fixture(scope="session")
def tree_without(new_tree: Callable[[Change], GeneratedTree]) -> Callable[[Sequence[str]], GeneratedTree]:
    """Makes the tree of the changed document, once for the same fields that it has no more."""
    return cache(lambda removed: new_tree(partial(change, removed=removed)))


@pytest.fixture(scope="module")
def tree(removed: Sequence[str], tree_without: Callable[[Sequence[str]], GeneratedTree]) -> GeneratedTree:
    """The tree without the fields."""
    return tree_without(removed)


@pytest.fixture
def changed_tree(tree_without: Callable[[Sequence[str]], GeneratedTree]) -> GeneratedTree:
    """One of these trees, for what does not depend on the fields: without the one that is used most."""
    return tree_without(("prompt",))


VALUES: dict[str, Any] = {"fps": 8, "seed": 7, "prompt": "a lighthouse", "batch_size": 1, "num_frames": 8}
"""A value for each field that may be gone."""

INPUTS: list[tuple[dict[str, Any], list[list[str]], list[list[str]]]] = [
    ({"motion": 10, "model": "zeroscope-v3", "init_weight": 1}, [], []),
    ({"motion": 0, "pace": None, "anchor": None}, [], []),
    (
        {"pace": 3, "anchor": "https://h.test/a.png"},
        [["input.pace", "3 is too large, at most 2 is allowed"]],
        [["input.pace", "Must be less than or equal to 2"]],
    ),
    (
        {"motion": 11},
        [["input.motion", "11 is too large, at most 10 is allowed"]],
        [["input.motion", "Must be less than or equal to 10"]],
    ),
    (
        {"motion": -1},
        [["input.motion", "-1 is too small, at least 0 is needed"]],
        [["input.motion", "Must be greater than or equal to 0"]],
    ),
    (
        {"init_weight": 1.5},
        [["input.init_weight", "1.5 is too large, at most 1 is allowed"]],
        [["input.init_weight", "Must be less than or equal to 1"]],
    ),
    (
        {"model": "zeroscope-v4", "motion": "much"},
        [
            ["input.model", "'zeroscope-v4' is not one of xl, 576w, potat1, animov-512x, zeroscope-v3"],
            ["input.motion", "'much' is not of type integer"],
        ],
        [
            [
                "input.model",
                'input.model must be one of the following: "xl", "576w", "potat1", "animov-512x", "zeroscope-v3"',
            ],
            ["input.motion", "Invalid type. Expected: integer, given: string"],
        ],
    ),
]
"""Inputs, what the client finds wrong with each, and what the mock server does."""


def option(name: str) -> str:
    """The option of a field."""
    return f"--{name.replace('_', '-')}"


@pytest.fixture(scope="session")
def seen_without(tree_without: Callable[[Sequence[str]], GeneratedTree]) -> Callable[[Sequence[str]], Any]:
    """Returns the results of inputs and command lines in a tree, and runs each tree once."""

    @cache
    def probe(removed: Sequence[str]) -> Any:
        small = {"width": 256, "height": 256, "num_frames": 4, "motion": 7}
        options = [f"{option(name)}={value}" for name, value in small.items() if name not in removed]
        prompt = [] if "prompt" in removed else ["--prompt", "a lighthouse"]
        return tree_without(removed).probe(
            [*(input for input, _, _ in INPUTS), *({name: VALUES[name]} for name in removed)],
            [
                ["run", "--help"],
                ["run", "--mock", "--mock-speed", "1000", "--output", "new.mp4", "--json", *options, *prompt],
                ["run", "--motion", "11", "--mock", *prompt],
                ["run", "a lighthouse", "--mock", "--motion", "11"],
                *(["run", option(name), str(VALUES[name])] for name in removed),
            ],
        )

    return probe


@pytest.fixture(scope="module")
def seen(removed: Sequence[str], seen_without: Callable[[Sequence[str]], Any]) -> Any:
    """The results of inputs and command lines in the tree."""
    return seen_without(removed)


def test_tree__precedes_the_installed_packages(tree: GeneratedTree, seen: Any) -> None:
    """These tests import the changed client, and not the repository's."""
    assert Path(seen["from"]).parent == tree.folder / "zeroscope_api"


def test_check__follows_before_anything_is_sent(seen: Any, removed: Sequence[str]) -> None:
    """The client knows the new field, bound and value; it refuses what breaks them, and the fields that are gone."""
    found, gone = seen["client"][: len(INPUTS)], seen["client"][len(INPUTS) :]
    assert found == [faults for _, faults, _ in INPUTS]
    assert [[field for field, _ in faults] for faults in gone] == [[f"input.{name}"] for name in removed]
    assert all("there is no such field" in faults[0][1] for faults in gone)
    assert seen["sent"] == found.count([])


def test_mock__follows(seen: Any, removed: Sequence[str]) -> None:
    """The server without settings admits what is within the bounds, and names the field and the bound otherwise."""
    found, gone = seen["mock"][: len(INPUTS)], seen["mock"][len(INPUTS) :]
    assert found == [[422 if faults else 201, faults] for _, _, faults in INPUTS]
    # The document forbids no other names in the input; it is the client that takes them for mistakes.
    assert gone == [[201, []]] * len(removed)


def test_help__lists_the_fields_that_there_are(seen: Any, removed: Sequence[str]) -> None:
    """The new ones with type, bounds and default, the new value among the choices, and none of those that are gone."""
    code, out, _ = seen["commands"][0]
    help = " ".join(out.replace("│", " ").split())
    assert code == 0
    assert "--motion INT How much moves. Between 0 and 10. Default: 3." in help
    assert "--pace FLOAT How fast. Between 0 and 2." in help
    assert "--anchor URL|PATH What stays. Or the path of a file;" in help
    assert "--init-weight FLOAT Strength of init_video. At most 1. Default: 0.5." in help
    assert "[choices: 576w, animov-512x, potat1, xl, zeroscope-v3]" in help
    assert [name for name in removed if f"{option(name)} " in help] == []
    assert ("PROMPT" in help) == ("prompt" not in removed)


def test_command__makes_a_video_with_the_new_field(tree: GeneratedTree, seen: Any) -> None:
    """`zeroscope run --mock` sends the new field, and saves the video."""
    done = Outcome(*seen["commands"][1])
    assert done.code == 0, done.err
    assert done.json["input"]["motion"] == 7
    assert (tree.folder / "new.mp4").read_bytes()[4:8] == b"ftyp"


def test_command__refuses_what_the_document_forbids(seen: Any, removed: Sequence[str]) -> None:
    """A removed field is no option, and a value beyond the new bound is not sent."""
    large, prompt, *gone = (Outcome(*result) for result in seen["commands"][2:])
    assert [outcome.code for outcome in gone] == [2] * len(removed)
    assert all(option(name) in outcome.err for name, outcome in zip(removed, gone, strict=True))
    assert large.code == 2 and "--motion: 11 is too large, at most 10 is allowed" in large.err
    assert prompt.code == 2
    assert ("what is 'a lighthouse' for? the model takes no prompt" in prompt.err) == ("prompt" in removed)


RIGHT = [
    'client.run(motion=3, model="zeroscope-v3", init_weight=0.5)',
    'client.predictions.create({"motion": 10, "model": "zeroscope-v3"})',
    'values: PredictionInputDict = {"motion": 0, "model": "zeroscope-v3"}',
    "coroutine = asynchronous.run(motion=3)",
]
WRONG = {
    "client.run({removed}={value!r})": (
        'Unexpected keyword argument "{removed}" for "run" of "Zeroscope"',
        'No parameter named "{removed}"',
    ),
    "other_{removed} = asynchronous.run({removed}={value!r})": (
        'Unexpected keyword argument "{removed}" for "run" of "AsyncZeroscope"',
        'No parameter named "{removed}"',
    ),
    'more_{removed}: PredictionInputDict = {{"{removed}": {value!r}}}': (
        'Extra key "{removed}" for TypedDict "PredictionInputDict"',
        '"{removed}" is an undefined item in type "PredictionInputDict"',
    ),
    'client.run(motion="much")': (
        'Argument "motion" to "run" of "Zeroscope" has incompatible type "str"; expected "int"',
        'Argument of type "Literal[\'much\']" cannot be assigned to parameter "motion"',
    ),
    'client.run(model="zeroscope-v4")': (
        "has incompatible type \"Literal['zeroscope-v4']\"; expected",
        "\"Literal['zeroscope-v4']\" is not assignable to type \"Literal['zeroscope-v3']\"",
    ),
}
"""Mistakes, with a part of what mypy and pyright say of each."""


def check_types(
    tree: GeneratedTree, removed: Sequence[str], which: int, find: Callable[[Path], dict[int, str]]
) -> None:
    """Let a checker read a program that uses what is new, and makes mistakes.

    Args:
        removed: The fields that it does not have.
        which: The checker's place in the table above.
        find: Runs the checker, and returns what it finds by line.
    """
    gone = [{"removed": name, "value": VALUES[name]} for name in removed]
    wrong = {line.format(**names): parts[which].format(**names) for names in gone for line, parts in WRONG.items()}
    lines = [
        "from zeroscope import AsyncZeroscope, PredictionInputDict, Zeroscope",
        "def use(client: Zeroscope, asynchronous: AsyncZeroscope) -> None:",
        *(f"    {line}" for line in (*RIGHT, *wrong)),
    ]
    program = tree.folder / "program.py"
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = find(program)
    assert list(found) == list(range(len(lines) - len(wrong) + 1, len(lines) + 1))
    for message, part in zip(found.values(), wrong.values(), strict=True):
        assert part in message


def test_types__follow_for_mypy(tree: GeneratedTree, removed: Sequence[str]) -> None:
    """A program that uses the new parts passes, and each of its mistakes is found."""
    check_types(tree, removed, 0, tree.mypy)


def test_types__follow_for_pyright(changed_tree: GeneratedTree) -> None:
    """The other checker accepts the same, and finds the same."""
    check_types(changed_tree, ("prompt",), 1, changed_tree.pyright)


def test_hand_written__code_still_has_the_right_types(changed_tree: GeneratedTree) -> None:
    """Neither the wrapper nor the mock server has to be touched to please mypy, which checks every field in them."""
    assert changed_tree.mypy("-p", "zeroscope", "-p", "zeroscope_mock", "-p", "zeroscope_api") == {}


OPERATE = """
import json
import httpx
from zeroscope_api.api.collections import get_collection
from zeroscope_api.client import AuthenticatedClient
from zeroscope_conformance import Document
from zeroscope_mock import MockServer

server = MockServer()
http = httpx.Client(transport=server.transport)
client = AuthenticatedClient("https://mock.test/v1", token="me", httpx_client=http)
answer = get_collection.sync_detailed("text-to-video", client=client)
exchange = server.journal[-1]
held_to = [name for name in Document.load().operations if name == exchange.operation]
print(json.dumps([answer.status_code, answer.parsed.to_dict(), exchange.path, held_to]))
"""


def test_operation__has_an_endpoint_and_a_route(changed_tree: GeneratedTree) -> None:
    """The new operation can be called; the mock server answers with what the document says, and is held to it."""
    status, value, path, held_to = changed_tree.python(OPERATE)
    assert (status, path, held_to) == (200, "/v1/collections/text-to-video", ["getCollection"])
    assert value == {}


def test_conformance__follows(changed_tree: GeneratedTree, command: Command) -> None:
    """The mock server of the changed document keeps the rules that the conformance suite makes of it."""
    outcome = command("conformance", "--quick", "--dialect", "live", "--spec", str(changed_tree.spec))
    assert (outcome.code, "bounds-enforced" in outcome.out) == (0, True), outcome.out + outcome.err


UPSCALE = """
import json, sys
from zeroscope_mock import MockServer

with MockServer().client() as client:
    draft = client.predictions.create({"model": "576w"}, extra_input=json.loads(sys.argv[1])).wait()
    videos = client.upscale(draft, motion=2)
    print(json.dumps([draft.to_dict()["input"], videos[0].prediction.input, [video.name for video in videos]]))
"""


def test_upscale__carries_over_what_there_still_is(tree: GeneratedTree, removed: Sequence[str]) -> None:
    """A draft from before the removal of the fields can be upscaled, without those fields."""
    old, new, names = tree.python(UPSCALE, VALUES)
    assert set(removed) <= old.keys() and not set(removed) & new.keys()
    assert {"prompt", "num_frames", "fps"} - {*removed} <= new.keys()
    assert new["motion"] == 2 and names == ["output-0.mp4"]
    assert json.dumps(new["init_video"]).count("output-0.mp4") == 1
