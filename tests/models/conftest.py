"""Models of a folder, a server for each, and the table of what they made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from helpers.model_files import TABLE_ROW, ModelFile, model_files
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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what each model made."""
    rows: list[list[str]] = [
        row
        for report in terminalreporter.stats.get("passed", [])
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, row in cast(list[tuple[str, list[str]]], report.user_properties)
        if name == TABLE_ROW
    ]
    if rows:
        rows = [["model", "output", "decoded"], *sorted(rows)]
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        terminalreporter.section("models and what they made")
        for name, kind, decoded in rows:
            terminalreporter.write_line(f"{name:{widths[0]}}  {kind:{widths[1]}}  {decoded}")
        terminalreporter.write_line(f"{len(rows) - 1} models")
