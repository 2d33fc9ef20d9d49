"""The names and modules that `import zeroscope` provides and loads."""

from __future__ import annotations

import ast
import importlib
import json
import pickle
import pydoc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zeroscope

# What belongs to an extra, takes long to load or is of use to some programs only.
EXTRAS = {"yaml", "ruamel", "cyclopts", "rich", "av", "PIL", "httptools", "zeroscope_mock"}
SLOW = {"anyio", "asyncio", "csv", "difflib", "html", "importlib.metadata", "jsonschema_rs", "pkgutil"}
RARE = {
    f"zeroscope.{name}"
    for name in (
        "webhooks",
        "events",
        "_flows.batch",
        "_flows.follow",
        "_flows.save",
        "_disk.outputs",
        "_flows.transfer",
    )
}

# What a program needs that creates predictions, waits for them, or does something with their videos.
NOT_READ = {
    "zeroscope.notebook",
    "zeroscope.responses",
    "zeroscope.results",
    "zeroscope.video",
    "zeroscope.video_state",
    "zeroscope._disk.inputs",
    "zeroscope._drivers.async_",
    "zeroscope._flows.create",
    "zeroscope._flows.wait",
    "zeroscope._html",
    "zeroscope._views",
    "zeroscope_api.api.predictions.create_prediction",
    "zeroscope_api.api.webhooks",
    "zeroscope_api.models.create_file_request",
}

GET = """
import httpx
answer = {"id": "a", "status": "starting"}
http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer)))
with zeroscope.Zeroscope("token", http_client=http) as client:
    assert not client.predictions.get("a").done
"""


LIST = """
answer = {"next": None, "results": []}
http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer)))
with zeroscope.Zeroscope("token", http_client=http) as client:
    assert list(client.predictions.list()) == []
"""


def imports() -> Iterator[tuple[str, str]]:
    """Module and name of every import that type checkers see, as the package's `__init__.py` has them."""
    tree = ast.parse(Path(zeroscope.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            module = f"zeroscope.{node.module}" if node.module else "zeroscope"
            yield from ((module, alias.name) for alias in node.names)


def loaded_by(code: str) -> set[str]:
    """The modules that a program loads in a process of its own, with all packages above them."""
    program = f"import json, sys\nbefore = {{*sys.modules}}\n{code}\nprint(json.dumps([*{{*sys.modules}} - before]))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    names: list[str] = json.loads(result.stdout)
    return {name.rsplit(".", depth)[0] for name in names for depth in range(name.count(".") + 1)}


@pytest.fixture(scope="module")
def brought_by_httpx() -> set[str]:
    """What httpx loads, which depends on what is installed."""
    return loaded_by("import httpx")


def test_names__are_those_that_type_checkers_see() -> None:
    """What is loaded on first use is the very thing that the imports for type checkers name; nothing is left out."""
    found = dict[str, Any]()
    for module, name in imports():
        home = importlib.import_module(module)
        found[name] = importlib.import_module(f".{name}", module) if home is zeroscope else getattr(home, name)
    assert sorted(found) == list(zeroscope.__all__)
    assert [name for name, value in found.items() if getattr(zeroscope, name) is not value] == []


def test_names__are_all_there_for_a_star_and_for_help() -> None:
    """`from zeroscope import *`, `dir()` and `help()` show everything, sorted, loaded or not."""
    code = "names = dir(zeroscope); from zeroscope import *; assert {*zeroscope.__all__} <= {*names} & {*globals()}"
    assert "zeroscope.webhooks" in loaded_by(f"import zeroscope\n{code}")
    assert list(zeroscope.__all__) == sorted(zeroscope.__all__)
    shown = pydoc.plain(pydoc.render_doc(zeroscope))
    assert [name for name in zeroscope.__all__ if name not in shown and name != "__version__"] == []
    assert zeroscope.__version__ in shown


def test_module__can_be_reached_from_the_package() -> None:
    """The public modules are attributes without an import of their own."""
    modules = ["errors", "clock", "polling", "retry", "results", "options", "state", "video", "prediction", "client"]
    modules += ["logs", "events", "predictions", "webhooks"]
    for module in modules:
        assert importlib.import_module(f"zeroscope.{module}") is getattr(zeroscope, module)
    loaded_by(f"import zeroscope; assert [getattr(zeroscope, name) for name in {modules}]")


def test_attribute__that_there_is_not() -> None:
    """A mistyped name is refused in Python's own words, also in an import."""
    with pytest.raises(AttributeError, match=r"^module 'zeroscope' has no attribute 'Zeroscop'$"):
        zeroscope.Zeroscop  # type: ignore[attr-defined]  # noqa: B018 - the mistake is meant
    with pytest.raises(ImportError, match="cannot import name 'Zeroscop' from 'zeroscope'"):
        from zeroscope import Zeroscop  # type: ignore[attr-defined]  # noqa: F401 - the mistake is meant


def test_class__can_be_pickled() -> None:
    """A class is known again by the module that it is in, wherever it was loaded from."""
    classes = [value for name in zeroscope.__all__ if isinstance(value := getattr(zeroscope, name), type)]
    assert pickle.loads(pickle.dumps(classes)) == classes and len(classes) > 30


@pytest.mark.parametrize(
    ("code", "left_out"),
    [
        ("import zeroscope", {"attr", "dataclasses", "httpx", "zeroscope_api", "zeroscope.errors"}),
        ("import zeroscope; zeroscope.ZeroscopeError", {"attr", "httpx", "zeroscope_api"}),
        ("import zeroscope" + GET, NOT_READ),
        ("import zeroscope" + GET + LIST, {"sqlite3", "statistics"}),
        ("import zeroscope_api", {"attr", "zeroscope"}),
    ],
    ids=["import", "errors", "get", "list", "generated"],
)
def test_import__loads_no_more_than_it_takes(code: str, left_out: set[str], brought_by_httpx: set[str]) -> None:
    """A program that does little loads little, and what it does not need costs it nothing."""
    heavy = (EXTRAS | SLOW | RARE) - brought_by_httpx
    assert loaded_by(code) & (heavy | left_out) == set()


def test_webhooks__load_no_client() -> None:
    """A receiver of webhooks that sends no requests needs no client."""
    assert loaded_by("import zeroscope.webhooks") & {"zeroscope.client", "zeroscope._base_client"} == set()


def test_mock_command__loads_no_client() -> None:
    """The mock server starts as fast as it can: it needs neither a client nor what draws progress bars and videos."""
    code = "import zeroscope.cli.app, zeroscope_mock.cli, zeroscope_mock; zeroscope_mock.MockServer(clock='real').app"
    heavy = {"httpx", "zeroscope.client", "zeroscope_api.client", "rich.progress", "av", "PIL", "yaml"}
    assert loaded_by(code) & heavy == set()


@pytest.mark.parametrize(
    ("arguments", "left_out"),
    [
        (["--help"], {"zeroscope.cli.run", "zeroscope_api.models"}),
        (["run", "--help"], set[str]()),
        (["wait", "--help"], {"zeroscope.cli.run"}),
    ],
    ids=["all", "run", "wait"],
)
def test_help__loads_no_client(arguments: list[str], left_out: set[str]) -> None:
    """A help sends nothing and draws no progress; that of all commands needs none of them."""
    code = f"""
import contextlib, io, zeroscope.cli
with contextlib.redirect_stdout(io.StringIO()):
    assert zeroscope.cli.main({arguments}) == 0
"""
    heavy = {"httpx", "zeroscope.client", "zeroscope.prediction", "zeroscope_api.client", "zeroscope_mock"}
    assert loaded_by(code) & (heavy | {"rich.progress", "av", "PIL"} | left_out) == set()


@pytest.mark.parametrize("command", ["mock:serve", "conformance:conformance"])
def test_help__of_a_command_loads_what_the_command_line_takes(command: str) -> None:
    """The help of the mock server and of the conformance suite loads neither of the two, and no client."""
    package, _, function = command.partition(":")
    loaded = loaded_by(f"import zeroscope.cli.app; from zeroscope_{package}.cli import {function}")
    heavy = {"httpx", "schemathesis", "yaml", "httptools", "zeroscope_api.client", "zeroscope_mock.server"}
    assert loaded & (heavy | {"zeroscope_conformance.suite", "zeroscope_conformance.document"}) == set()


def test_missing_extra__is_explained_without_the_extra_cli() -> None:
    """What the commands of other packages import of the command loads none of its libraries."""
    assert loaded_by("import zeroscope.cli.errors, zeroscope.cli.extras") & {"cyclopts", "rich", "httpx"} == set()
