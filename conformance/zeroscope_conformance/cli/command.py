"""The command: its options, and the exit code of its runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from zeroscope._text import escape
from zeroscope.cli.errors import FAILED, CommandError
from zeroscope.cli.extras import require
from zeroscope.cli.options import Flag

from .files import check_files, keep_last_run, write_files
from .runs import RunOptions, perform_runs, token_of_other_account
from .show import print_coverage, print_lines, print_report

if TYPE_CHECKING:
    from ..baseline import Baseline
    from ..report import Report
    from ..source import DocumentSource


def conformance(
    url: str | None = None,
    /,
    *,
    quick: Flag = False,
    dialect: Literal["live", "published"] | None = None,
    webhook_listen: str | None = None,
    webhook_url: str | None = None,
    model: str | None = None,
    spec: Path | None = None,
    seed: int | None = None,
    patience: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
    other_token: str | None = None,
    html: Path | None = None,
    json: Path | None = None,
    junit: Path | None = None,
    sarif: Path | None = None,
    save_har: Path | None = None,
    har: Annotated[list[Path] | None, Parameter(negative=())] = None,
    github: Annotated[bool | None, Parameter(negative="--no-github")] = None,
    baseline: Path | None = None,
    update_baseline: Flag = False,
    min_coverage: Annotated[float | None, Parameter(validator=validators.Number(gte=0, lte=100))] = None,
    allow_cost: Flag = False,
) -> None:
    """Hold a server to openapi.yaml and to what the service does beyond it.

    This creates hundreds of predictions. The token is read from REPLICATE_API_TOKEN. The exit code is 0 only if every
    rule that applies to the server was reached and kept, or if all failures are known.

    Args:
        url: The server. Default: a mock server of its own, in both dialects.
        quick: Send fewer requests.
        dialect: The dialect of the server. Default: detected; without a URL, both.
        webhook_listen: [HOST:]PORT to receive webhooks on; without it the rules of webhooks are not reached.
        webhook_url: The URL at which the server reaches that socket. Default: http://HOST:PORT.
        model: The model to run, as OWNER/NAME[:VERSION]; or as OWNER/NAME=FILE with its version or its openapi_schema
            as JSON or YAML, if the server does not describe it. Default: that of the document.
        spec: The OpenAPI document, as a YAML or JSON file. Default: the one built in.
        seed: Determines the generated requests. Default: always the same.
        patience: How long to wait for a prediction or a webhook, in seconds. Default: 300.
        other_token: A token of another account, to check that accounts are separate. Default: read from
            REPLICATE_OTHER_API_TOKEN, which other users of the machine cannot see.
        html: A file for the report as an HTML page.
        json: A file for the report as JSON.
        junit: A file for the report as JUnit XML.
        sarif: A file for the failures as SARIF, which point into the document.
        save_har: A file for all exchanges as an HTTP Archive (HAR), without tokens.
        har: A HAR file or VCR cassette of recorded traffic to check instead of a server; may be repeated.
        github: Print the failures as annotations of GitHub. Default: if GITHUB_ACTIONS is true.
        baseline: A file of known failures, which do not fail the command.
        update_baseline: Write the failures of this run to that file.
        min_coverage: The least coverage of the document, in percent, without which the command fails.
        allow_cost: Run against the service itself, which bills every prediction.
    """
    require("conformance")
    outputs: dict[str, Path | None] = {
        "--html": html,
        "--json": json,
        "--junit": junit,
        "--sarif": sarif,
        "--save-har": save_har,
    }
    inputs: dict[str, list[Path]] = {"--har": har or [], "--spec": [spec] if spec else []}
    model_file = Path(model.partition("=")[2]) if model and "=" in model else None
    inputs["--model"] = [model_file] if model_file else []
    if update_baseline and baseline is None:
        raise CommandError("--update-baseline needs --baseline, the file to write")
    if update_baseline:
        outputs["--baseline"] = baseline
    elif baseline is not None:
        inputs["--baseline"] = [baseline]
    check_files(outputs, inputs)
    other_token = other_token or (token_of_other_account() if url is not None else None)
    options = RunOptions(
        url, quick, dialect, webhook_listen, webhook_url, model, spec, seed, patience, har or (), other_token
    )
    known = _load_baseline(baseline, is_new=update_baseline)
    source = _load_source(spec)
    reports: list[Report] = []
    for report in perform_runs(options, allow_cost=allow_cost):
        reports.append(report)
        print_report(report, source, known.ids if known else ())
    is_covered = print_coverage(reports, min_coverage)
    from .. import reports as formats

    report_json = formats.to_json(reports, options.to_dict())
    keep_last_run(report_json)
    texts: dict[Path | None, Callable[[], str]] = {
        html: lambda: formats.to_html(reports, source, known.ids if known else ()),
        json: lambda: report_json,
        junit: lambda: formats.to_junit(reports),
        sarif: lambda: formats.to_sarif(reports, source, known),
        save_har: lambda: formats.to_har(reports),
    }
    write_files({path: text() for path, text in texts.items() if path is not None})
    interrupted, failed = (any(getattr(report, name) for report in reports) for name in ("interrupted", "errors"))
    updated = known.updated(reports) if known and update_baseline and not interrupted and not failed else None
    if github if github is not None else os.environ.get("GITHUB_ACTIONS") == "true":
        for line in formats.to_github(reports, source, updated or known):
            print(line)
    if interrupted:
        raise KeyboardInterrupt
    passed = all(report.passed for report in reports)
    if known is not None and baseline is not None:
        comparison = known.compare(reports)
        print_lines(map(escape, comparison.lines()))
        if updated is not None:
            write_files({baseline: updated.to_json()})
            print(f"{baseline} is updated")
        passed = not failed and (update_baseline or comparison.passed)
    if not passed or not is_covered:
        raise CommandError(exit_code=FAILED)


def _load_baseline(path: Path | None, *, is_new: bool) -> Baseline | None:
    from ..baseline import Baseline, BaselineError

    if path is None:
        return None
    if not path.exists():
        if is_new:
            return Baseline()
        raise CommandError(f"{path} does not exist; --update-baseline makes it")
    try:
        return Baseline.load(path)
    except BaselineError as error:
        raise CommandError(str(error)) from error


def _load_source(spec: Path | None) -> DocumentSource:
    from ..document import Document, DocumentError
    from ..source import DocumentSource

    try:
        # An invalid document is an error before the first request.
        Document.load(spec)
        return DocumentSource.load(spec)
    except DocumentError as error:
        raise CommandError(str(error)) from error
