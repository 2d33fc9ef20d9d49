"""A report of a run of schemathesis, for tests of a server against a document."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from schemathesis.engine import Status, events, from_schema


@dataclass
class Report:
    """The report of one run of schemathesis.

    Args:
        phases: The status of each phase.
        responses: The number of responses, by `operationId` and status code.
        checks: The number of checks, by name.
        failures: The failed checks, with a request that repeats each.
        errors: The errors of schemathesis itself.
    """

    phases: dict[str, Status] = field(default_factory=dict)
    responses: Counter[tuple[str, int]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, event: events.EngineEvent) -> None:
        """Add an event of the run."""
        if isinstance(event, events.PhaseFinished):
            self.phases[event.phase.name.value] = event.status
        elif isinstance(event, events.NonFatalError | events.FatalError):
            self.errors.append(str(event))
        elif isinstance(event, events.ScenarioFinished):
            recorder = event.recorder
            for id, interaction in recorder.interactions.items():
                if interaction.response is not None:
                    operation = recorder.cases[id].value.operation
                    self.responses[operation.definition.raw["operationId"], interaction.response.status_code] += 1
            for check in (check for checks in recorder.checks.values() for check in checks):
                self.checks[check.name] += 1
                if check.failure_info is not None:
                    failure = check.failure_info
                    self.failures.append(f"{recorder.label}: {check.name}: {failure.failure}\n{failure.code_sample}")


def run_schemathesis(schema: Any) -> Report:
    """Run schemathesis with a schema that is bound to a server."""
    report = Report()
    for event in from_schema(schema).execute():
        report.add(event)
    return report
