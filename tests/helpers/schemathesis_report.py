"""What comes of a run of schemathesis, for the tests that hold a server to a document."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from schemathesis.engine import Status, events, from_schema


@dataclass
class Report:
    """What came of one run of schemathesis."""

    phases: dict[str, Status] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, event: events.EngineEvent) -> None:
        """Take in what happened."""
        if isinstance(event, events.PhaseFinished):
            self.phases[event.phase.name.value] = event.status
        elif isinstance(event, events.NonFatalError | events.FatalError):
            self.errors.append(str(event))
        elif isinstance(event, events.ScenarioFinished):
            recorder = event.recorder
            for id, interaction in recorder.interactions.items():
                if interaction.response is not None:
                    operation = recorder.cases[id].value.operation
                    self.answers[operation.definition.raw["operationId"], interaction.response.status_code] += 1
            for check in (check for checks in recorder.checks.values() for check in checks):
                self.checks[check.name] += 1
                if check.failure_info is not None:
                    failure = check.failure_info
                    self.failures.append(f"{recorder.label}: {check.name}: {failure.failure}\n{failure.code_sample}")


def report_of(schema: Any) -> Report:
    """Run schemathesis over a schema that leads to a server."""
    report = Report()
    for event in from_schema(schema).execute():
        report.add(event)
    return report
