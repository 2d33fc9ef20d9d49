"""Models of a folder, a server for each, and the table of what they made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from helpers.model_files import CLIENT_ROW, STEPS, TABLE_ROW, ModelFile, model_files
from zeroscope_mock import MockServer

FOLDER = Path(__file__).parent
OPTION = "--models"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="append", metavar="FOLDER", help="test the schemas of another folder, too")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a folder without schemas, of which no test would be made."""
    for folder in other_folders(config):
        if not folder.is_dir() or not model_files(folder):
            raise pytest.UsageError(f"{OPTION} {folder} is not a folder with schemas of models")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with each model of the folders, or with each that can be trained."""
    if "model" in metafunc.fixturenames:
        metafunc.parametrize("model", chosen_models(metafunc.config), ids=str)
    if "trainable" in metafunc.fixturenames:
        trainable = [model.training for model in chosen_models(metafunc.config) if model.training.input]
        metafunc.parametrize("trainable", trainable, ids=str)


def chosen_models(config: pytest.Config) -> list[ModelFile]:
    """The models of this folder and of those that the option names."""
    return model_files(FOLDER, *other_folders(config))


def other_folders(config: pytest.Config) -> list[Path]:
    """The folders that the option names."""
    # In a run of all tests, this file is read after the command line.
    return [Path(folder) for folder in config.getoption(OPTION, None) or []]


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> list[ModelFile]:
    """All models that are tested."""
    return chosen_models(pytestconfig)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A server with the model of the test beside its own."""
    model: ModelFile = request.getfixturevalue("model" if "model" in request.fixturenames else "trainable")
    with MockServer(models={model.name: model.path}) as server:
        yield server


@pytest.fixture
def api(server: MockServer) -> Iterator[httpx.Client]:
    """A client of the server."""
    with httpx.Client(
        transport=server.transport,
        base_url="https://api.replicate.com/v1",
        headers={"Authorization": "Bearer a-token-of-a-test"},
        timeout=None,  # of the server's clock, on which a model may take minutes
    ) as client:
        yield client


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what each model made, and how far each came to a client, which `build/clients.txt` keeps."""
    made = _recorded(terminalreporter, TABLE_ROW, "passed")
    if made:
        terminalreporter.section("models and what they made")
        for line in format_table(["model", "output", "decoded"], made):
            terminalreporter.write_line(line)
    clients = _recorded(terminalreporter, CLIENT_ROW, "passed", "failed")
    if clients:
        lines = format_table(["client of", *STEPS, ""], [row for row, _ in clients])
        notes = [f"{row[0]}: {note}" for row, notes in clients for note in notes]
        terminalreporter.section("models and the clients that are generated for them")
        for line in lines:
            terminalreporter.write_line(line)
        file = config.rootpath / "build/clients.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([*lines, "", *notes]) + "\n", encoding="utf-8")


def _recorded(terminalreporter: Any, property: str, *outcomes: str) -> list[Any]:
    """What tests with these outcomes recorded under a name, sorted."""
    return sorted(
        value
        for outcome in outcomes
        for report in terminalreporter.stats.get(outcome, [])
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in cast(list[tuple[str, Any]], report.user_properties)
        if name == property
    )


def format_table(head: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a table, the last of which says how many rows it has."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return [*(line.rstrip() for line in lines), f"{len(rows)} models"]
