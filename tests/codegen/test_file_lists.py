"""Lists of files in an input: their forms, uploads, messages and options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpers.source_trees import Change, GeneratedTree, input_fields

FILE = {"type": "string", "format": "uri"}
FIELDS: dict[str, Any] = {
    "images": {"type": "array", "items": FILE, "uniqueItems": True, "description": "Pictures"},
    "masks": {"type": "array", "items": {**FILE, "nullable": True}},
}


def add_fields(document: Any) -> None:
    """Add the fields to a document."""
    input_fields(document).update(FIELDS)


@pytest.fixture(scope="module")
def tree(new_tree: Callable[[Change], GeneratedTree]) -> GeneratedTree:
    """The tree of the model, with files in its folder."""
    tree = new_tree(add_fields)
    (tree.folder / "small.png").write_bytes(b"small")
    (tree.folder / "second.png").write_bytes(b"second")
    (tree.folder / "large.png").write_bytes(b"large" * 100_000)
    (tree.folder / "in.csv").write_text('prompt,images\nx,"[""small.png"", ""https://h.test/a""]"\n', encoding="utf-8")
    (tree.folder / "bad.csv").write_text('prompt,images\nx,"[""none.png""]"\n', encoding="utf-8")
    return tree


SMALL = "data:image/png;base64,c21hbGw="
URL = "https://h.test/a"

CALLS = """
import inspect, io, json
from pathlib import Path
import anyio
from zeroscope import InvalidInputError
from zeroscope_mock import MockServer

images = ["small.png", Path("second.png").absolute(), b"bytes", "https://h.test/a", Path("large.png"), io.BytesIO(b"b")]
CALLS = {
    "create": lambda client: client.predictions.create({"images": images, "masks": (None, b"bytes")}),
    "run": lambda client: client.run(prompt="x", images=tuple(images), masks=[]),
    "retried": lambda client: client.predictions.create({"images": images}),
    "extra": lambda client: client.run(prompt="x", extra_input={"images": images}),
    "run_many": lambda client: client.run_many([{"images": images}], journal=f"{type(client).__name__}.db"),
    "again": lambda client: client.run_many([{"images": images}], journal=f"{type(client).__name__}.db"),
    "other": lambda client: client.run_many([{"images": images[1:]}], journal=f"{type(client).__name__}.db"),
    "upscale": lambda client, draft: client.upscale(draft, images=images),
    "invalid": lambda client: client.run(images=["none.png", b"", None, 1, URL], masks=[None, "ftp://h.test/a"]),
    "no list": lambda client: client.run(images=Path("small.png"), masks="small.png"),
    "null": lambda client: client.run(images=None),
}
URL = "https://h.test/a"

async def seen(client, server):
    found = {}
    for name, call in CALLS.items():
        if name == "retried":
            server.faults.add(operation="createPrediction", status=429, retry_after=0, times=1)
        before = len(server.journal)
        try:
            draft = []
            if name == "upscale":
                draft = client.run(prompt="x")
                draft = [await draft if inspect.isawaitable(draft) else draft]
                before = len(server.journal)
            result = call(client, *draft)
            result = await result if inspect.isawaitable(result) else result
            result = result[0] if isinstance(result, list) else result
            input = dict(getattr(result, "prediction", result).input)
            uploads = sum(exchange.path.endswith("/files") for exchange in server.journal[before:])
            creates = sum(
                exchange.method == "POST" and exchange.path.endswith("/predictions")
                for exchange in server.journal[before:]
            )
            found[name] = [input.get("images"), input.get("masks"), uploads, creates]
        except InvalidInputError as error:
            found[name] = [[invalid.field, invalid.description] for invalid in error.invalid_fields]
            assert len(server.journal) == before
    return found

async def main():
    sync, other = MockServer(), MockServer()
    with sync.client() as client:
        first = await seen(client, sync)
    async with other.async_client() as client:
        return [first, await seen(client, other)]

print(json.dumps(anyio.run(main)))
"""


@pytest.fixture(scope="module")
def made(tree: GeneratedTree) -> Any:
    """The lists that the service got from calls of both clients, or the client's invalid fields."""
    return tree.python(CALLS)


@pytest.mark.parametrize("call", ["create", "run", "retried", "extra", "run_many", "upscale"])
def test_calls__send_the_files(made: Any, call: str) -> None:
    """Each file of a list is sent as a single one is, in its place; the large one alone is uploaded, and once."""
    for found in made:
        images, masks, uploads, creates = found[call]
        assert images[:4] == [
            SMALL,
            "data:image/png;base64,c2Vjb25k",
            "data:application/octet-stream;base64,Ynl0ZXM=",
            URL,
        ]
        assert images[4].startswith("https://") and "/files/" in images[4]
        assert images[5] == "data:application/octet-stream;base64,Yg=="
        assert masks == {"create": [None, "data:application/octet-stream;base64,Ynl0ZXM="], "run": []}.get(call)
        assert (uploads, creates) == (1, 2 if call == "retried" else 1)


def test_journal__knows_the_files(made: Any) -> None:
    """A journal recognizes a list of the same files, which is not made again, and another list as another input."""
    for found in made:
        assert found["again"][2:] == [0, 0]
        assert found["other"][2:] == [1, 1]


def test_errors__name_the_item(made: Any) -> None:
    """What is no file is told with its place in the list, and nothing is sent."""
    for found in made:
        assert found["invalid"] == [
            [
                "input.images.0",
                (
                    "'none.png' cannot be read: there is no such file, check the path; did you mean a URL, which "
                    "begins with https://?"
                ),
            ],
            ["input.images.1", "this bytes object is empty"],
            ["input.images.2", "None is not a URL, a path, bytes or an open binary file"],
            ["input.images.3", "1 is not a URL, a path, bytes or an open binary file"],
            [
                "input.masks.1",
                (
                    "'ftp://h.test/a' has the scheme ftp, but the service fetches only http, https, data; to send a "
                    "file of this name, write ./ before it"
                ),
            ],
        ]
        assert [field for field, _ in found["no list"]] == ["input.images", "input.masks"]
        assert found["no list"][1][1] == "'small.png' is not a list of files and URLs"
        assert [field for field, _ in found["null"]] == ["input.images"]


RUN = ["run", "x", "--mock", "--mock-speed", "1000000", "--json", "--output", "new.mp4", "--overwrite"]
BATCH = ["--mock", "--mock-speed", "1000000", "--json", "--output", "videos/"]
COMMANDS = [
    [*RUN, "--images", "small.png", "--images", URL, "--masks", '[null, "small.png"]'],
    [*RUN, "--images", "small.png", "--images", "none.png"],
    ["batch", "in.csv", *BATCH],
    ["batch", "bad.csv", *BATCH],
    ["run", "--help"],
]


@pytest.fixture(scope="module")
def outcomes(tree: GeneratedTree) -> Any:
    """The exit code, stdout and stderr of each command line."""
    return tree.probe([], COMMANDS)["commands"]


def test_command__takes_files_by_repeating_the_option(outcomes: Any) -> None:
    """The option takes a path or URL each time, and a table's cell a JSON list of these."""
    run, invalid, batch, bad, help = outcomes
    assert run[0] == 0 and f'"{SMALL}"' in run[1] and f'"{URL}"' in run[1], run[2]
    assert invalid[0] == 2 and "--images.1: 'none.png' cannot be read: there is no such file" in invalid[2]
    assert batch[0] == 0 and f'"{SMALL}"' in batch[1], batch[2]
    assert bad[0] == 2 and "line 2: images.0: 'none.png' cannot be read" in bad[2]
    shown = " ".join(help[1].replace("│", " ").split())
    assert "--images URL|PATH... --empty-images Pictures. Each may be the path of a file;" in shown


TYPED = """
from pathlib import Path
from zeroscope import PredictionInputDict, Zeroscope

paths: list[Path] = [Path("a.png")]
input: PredictionInputDict = {"images": paths, "masks": [None, b"x"]}

def calls(client: Zeroscope) -> None:
    client.run(images=paths)
    client.run(images=[b"x", Path("a.png"), "a.png", open("a.png", "rb")])
    client.run(images=Path("wrong"))
    client.run(images=["wrong", None])
"""


def test_types__take_lists_of_all_forms(tree: GeneratedTree) -> None:
    """Both type checkers take a list of any form of a file, and no single file."""
    program = tree.folder / "typed.py"
    program.write_text(TYPED, encoding="utf-8")
    wrong = [number for number, line in enumerate(TYPED.splitlines(), 1) if "wrong" in line]
    assert sorted(tree.mypy(program)) == wrong
    assert sorted(tree.pyright(program)) == wrong
