"""Models of any kind against the conformance rules that no model changes."""

from __future__ import annotations

import pytest

from helpers.model_files import ModelFile
from zeroscope_conformance.embedded import mock_server
from zeroscope_conformance.suite import run_suite


@pytest.mark.slow
def test_suite__passes_with_the_model(model: ModelFile) -> None:
    """All rules that apply to the model are kept."""
    with mock_server("live", models={model.name: model.path}) as run:
        report = run_suite(**run, model=model.name, version=model.path, quick=True, fuzz=False)

    failures = [finding for result in report.results if result.failed for finding in result.findings]
    assert (failures, report.errors) == ([], [])
    assert report.model == model.name
