"""The `zeroscope conformance` command."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from cyclopts import Parameter, validators
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zeroscope.cli.errors import FAILED, SERVICE, CommandError
from zeroscope.cli.extras import require
from zeroscope.cli.options import Flag

if TYPE_CHECKING:
    from .document import Document
    from .receiver import Receiver
    from .report import Report
    from .rules import DialectName

_SHORTEST_TOKEN = 8
_STYLES = {"passed": "green", "failed": "bold red", "not reached": "yellow", "not applicable": "dim"}


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
    junit: Path | None = None,
    json: Path | None = None,
    allow_cost: Flag = False,
) -> None:
    """Hold a server to openapi.yaml and to what the service does beyond it.

    This creates hundreds of predictions. The token is read from REPLICATE_API_TOKEN. The exit code is 0 only if every
    rule that applies to the server was reached and kept.

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
        junit: A file for the report as JUnit XML.
        json: A file for the report as JSON.
        allow_cost: Run against the service itself, which bills every prediction.
    """
    require("conformance")
    if url is None:
        _require_mock()
    for path in (junit, json):
        if path is not None and not path.parent.is_dir():
            raise CommandError(f"{path}: there is no folder {path.parent}")
    import zeroscope_conformance as suite
    from zeroscope_mock.cog import ModelFileError

    named, file = _parse_model(model)
    with ExitStack() as stack:
        try:
            runs = (
                _embedded_runs(dialect, spec, webhook_listen, webhook_url, {} if file is None else {named: file})
                if url is None
                else [_remote_run(stack, url, dialect, webhook_listen, webhook_url, spec, allow_cost)]
            )
            reports = []
            for run in runs:
                options: dict[str, Any] = {"quick": quick, "seed": seed, "model": named or None, "version": file}
                if patience is not None:
                    options["patience"] = patience
                with _show_steps(run.get("dialect") or urlsplit(run["url"]).netloc) as tell:
                    reports.append(suite.run_suite(**run, **options, on_step=tell))
                _print_report(reports[-1])
                if reports[-1].interrupted:
                    break
        except (suite.DocumentError, ModelFileError) as error:
            raise CommandError(str(error)) from error
        except suite.NotThisAPIError as error:
            raise CommandError(str(error), SERVICE) from error
    if junit is not None:
        junit.write_text(suite.to_junit(reports), encoding="utf-8")
    if json is not None:
        json.write_text(suite.to_json(reports), encoding="utf-8")
    if any(report.interrupted for report in reports):
        raise KeyboardInterrupt
    if not all(report.passed for report in reports):
        raise CommandError(exit_code=FAILED)


def _parse_model(option: str | None) -> tuple[str, Path | None]:
    """Return the model that an option names, and the file of its version; empty and None for no option."""
    if option is None or "=" not in option:
        if option is not None and not re.fullmatch(r"[^/:\s]+/[^/:\s]+(:[^/:\s]+)?", option):
            raise CommandError(f"--model {option} is not OWNER/NAME, OWNER/NAME:VERSION or OWNER/NAME=FILE")
        return option or "", None
    from zeroscope_mock.cog import ModelFileError, parse_model_option

    try:
        return parse_model_option(option)
    except ModelFileError as error:
        raise CommandError(str(error)) from error


def _require_mock() -> None:
    try:
        require("mock")
    except CommandError as error:
        error.add_note("Or give the URL of a server.")
        raise


def _embedded_runs(
    dialect: DialectName | None,
    spec: Path | None,
    webhook_listen: str | None,
    webhook_url: str | None,
    models: dict[str, Path],
) -> Iterator[dict[str, Any]]:
    """The suite's arguments for each run against an embedded mock server, which runs as long as its run."""
    if webhook_listen or webhook_url:
        raise CommandError("--webhook-listen and --webhook-url are for a server with a URL")
    from . import embedded

    dialects: tuple[DialectName, ...] = (dialect,) if dialect else ("live", "published")
    for name in dialects:
        with embedded.mock_server(name, spec, models=models) as run:
            yield run


def _remote_run(
    stack: ExitStack,
    url: str,
    dialect: DialectName | None,
    webhook_listen: str | None,
    webhook_url: str | None,
    spec: Path | None,
    allow_cost: bool,
) -> dict[str, Any]:
    """The suite's arguments for the run against a server with a URL."""
    from .document import Document
    from .exchange import TOKEN_VARIABLE

    document = Document.load(spec)
    _refuse_service(url, document, allow_cost)
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise CommandError(f"no token for {url}: set {TOKEN_VARIABLE}")
    if len(token) < _SHORTEST_TOKEN:
        # The report has the name of the variable in place of the token wherever it occurs.
        raise CommandError(f"the token in {TOKEN_VARIABLE} must have at least {_SHORTEST_TOKEN} characters")
    receiver = None
    if webhook_listen:
        receiver = stack.enter_context(_receiver(webhook_listen, webhook_url, document))
    elif webhook_url:
        raise CommandError("--webhook-url needs --webhook-listen, where it leads to")
    return {"url": url, "token": token, "document": document, "dialect": dialect, "receiver": receiver}


def _receiver(webhook_listen: str, webhook_url: str | None, document: Document) -> Receiver:
    from .receiver import Receiver

    host, _, port = webhook_listen.rpartition(":")
    if not port.isdigit():
        raise CommandError(f"--webhook-listen {webhook_listen} is not HOST:PORT, such as 127.0.0.1:9000")
    try:
        return Receiver(host or "127.0.0.1", int(port), document.final, public=webhook_url)
    except (OSError, OverflowError) as error:
        raise CommandError(f"--webhook-listen {webhook_listen}: {error}") from error


def _refuse_service(url: str, document: Document, allow_cost: bool) -> None:
    """Refuse the service itself, which bills every prediction, unless the cost is allowed."""
    from .document import Document

    servers = [*document.raw["servers"], *Document.load().raw["servers"]]
    if not allow_cost and urlsplit(url).hostname in {urlsplit(server["url"]).hostname for server in servers}:
        raise CommandError(
            f"{url} is the service itself, which would bill you for several hundred predictions; "
            "if that is meant, say --allow-cost"
        )


@contextmanager
def _show_steps(title: str) -> Iterator[Callable[[str], object]]:
    """Show the current step on stderr: in place on a terminal, otherwise a line for each step."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda step: console.print(f"{title}: {step}", highlight=False, markup=False, soft_wrap=True)
        return
    with console.status(title) as status:
        yield lambda step: status.update(f"{title}: {step}")


def _print_report(report: Report) -> None:
    """Print a table of the rules, then each finding."""
    console = Console()
    table = Table("rule", "", "looked at", title=report.title, title_justify="left")
    table.columns[2].justify = "right"
    for result in report.results:
        checked = f"{result.checked:,}" if result.checked else ""
        table.add_row(result.rule.name, Text(result.verdict, _STYLES[result.verdict]), checked)
    console.print(table)
    for result in report.results:
        for finding in result.findings:
            print(f"\n{result.rule.name}: {result.rule.says}")
            print(f"  expected  {finding.expected}\n  seen      {_printable(finding.seen)}")
            if finding.curl:
                print(f"  repeat    {_printable(finding.curl)}")
    for error in report.errors:
        print(f"\nThe suite itself failed, which says nothing of the server: {error}")
    for result in report.results:
        if result.verdict == "not applicable":
            print(f"\nnot applicable: {result.rule.name}, as {result.inapplicable}")
    missed = report.named("not reached")
    if missed:
        only_webhooks = all(name.startswith("webhook-") for name in missed)
        hint = "; --webhook-listen lets webhooks come" if only_webhooks else ""
        print(f"\nnot reached: {', '.join(missed)}{hint}")
    counts = ", ".join(f"{len(report.named(verdict))} {verdict}" for verdict in _STYLES)
    requests = next((one.checked for one in report.results if one.rule.name == "always-answered"), 0)
    print(f"\n{len(report.results)} rules: {counts}; {requests:,} requests in {report.seconds:.1f} s\n")
    sys.stdout.flush()


def _printable(text: str) -> str:
    """A text with escapes in place of control characters, which the server may have sent."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
