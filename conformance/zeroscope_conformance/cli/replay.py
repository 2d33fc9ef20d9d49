"""`zeroscope conformance replay`: repeats one failure of an earlier run."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from zeroscope._text import escape
from zeroscope.cli.errors import FAILED, CommandError
from zeroscope.cli.extras import require
from zeroscope.cli.options import Flag

from .files import last_run_file
from .runs import RunOptions, perform_runs, token_of_other_account

if TYPE_CHECKING:
    from ..report import Report


@dataclass(frozen=True)
class _Failure:
    """A failure of a report.

    Args:
        rule: The name of the rule.
        step: The step of the suite that found it; empty if it is unknown.
        options: The options of its run.
    """

    rule: str
    step: str
    options: RunOptions


def replay(
    failure: str,
    /,
    *,
    from_: Annotated[Path | None, Parameter(name="--from")] = None,
    other_token: str | None = None,
    allow_cost: Flag = False,
) -> None:
    """Repeat the part of a run that found a failure, and tell whether it still fails.

    The exit code is 0 if the failure is gone, and 1 if it is still there or was not reached.

    Args:
        failure: The id of the failure, which the reports have.
        from_: The report, as --json writes it. Default: that of the last run.
        other_token: A token of another account, if the run had one. Default: read from REPLICATE_OTHER_API_TOKEN.
        allow_cost: Run against the service itself, which bills every prediction.
    """
    require("conformance")
    path = from_ or last_run_file()
    found = _find(failure, path, other_token or token_of_other_account(), is_last=from_ is None)
    if found.step:
        if _repeat(failure, found, allow_cost, [found.step]):
            return
        print(f"{found.rule} was not reached by the step {escape(found.step)} alone; repeating the whole run")
    if not _repeat(failure, found, allow_cost, None):
        raise CommandError(f"{found.rule} was not reached, so this does not tell whether it still fails", FAILED)


def _find(id: str, path: Path, other_token: str | None, *, is_last: bool) -> _Failure:
    try:
        report: Any = json.loads(path.read_bytes())
        for run in report["runs"]:
            for rule in run["rules"]:
                for finding in rule["findings"]:
                    if finding.get("id") == id:
                        options = RunOptions.from_dict(report["options"], other_token)
                        # Without a URL, a run in each dialect; its failure is that of one.
                        options = options if options.har else replace(options, dialect=run["dialect"])
                        return _Failure(rule["rule"], finding.get("step", ""), options)
    except FileNotFoundError as error:
        advice = "; run zeroscope conformance first, or name a report with --from" if is_last else ""
        raise CommandError(f"{path} does not exist{advice}") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{path} is not a report that --json writes") from error
    raise CommandError(f"{path} has no failure {id}")


def _repeat(id: str, failure: _Failure, allow_cost: bool, only: list[str] | None) -> bool:
    """Run the suite, print whether the failure is there, and return whether its rule was reached.

    Raises:
        CommandError: If the failure is still there.
    """
    reports = list(perform_runs(failure.options, allow_cost=allow_cost, only=only))
    for report in reports:
        if report.interrupted:
            raise KeyboardInterrupt
        for error in report.errors:
            print("\n".join(["The suite itself failed:", *map(escape, error.splitlines())]))
        for result in report.results:
            for finding in result.findings:
                if finding.id == id:
                    print(f"{escape(finding.cause or result.rule.says)}")
                    print(f"  expected  {escape(finding.expected)}\n  seen      {escape(finding.seen)}")
                    if finding.curl:
                        print(f"  repeat    {escape(finding.curl)}")
                    print(f"{id} still fails")
                    raise CommandError(exit_code=FAILED)
    checked = _checked(reports, failure.rule)
    if not checked or any(report.errors for report in reports):
        return False
    failed = sum(result.failed for report in reports for result in report.results if result.rule.name == failure.rule)
    others = f"; {failed} of them failed in another way" if failed else ""
    print(f"{id} is gone: {failure.rule} was checked {checked:,} times{others}")
    return True


def _checked(reports: list[Report], rule: str) -> int:
    return sum(result.checked for report in reports for result in report.results if result.rule.name == rule)
