"""`zeroscope conformance`: hold a server to the spec."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from cyclopts import Parameter, validators
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zeroscope._environment import TOKEN_VARIABLE
from zeroscope._spec import spec as packaged_spec
from zeroscope.cli.errors import CannotCheckError, NonconformantError, UnfitServerError
from zeroscope.errors import ConfigurationError

Flag = Parameter(negative=())
_STYLES = {"passed": "green", "failed": "bold red", "not reached": "yellow"}


def conformance(
    url: str | None = None,
    /,
    *,
    quick: Annotated[bool, Flag] = False,
    dialect: Literal["live", "published"] | None = None,
    webhook_listen: str | None = None,
    webhook_url: str | None = None,
    spec: Path | None = None,
    seed: int | None = None,
    patience: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
    junit: Path | None = None,
    json: Path | None = None,
    allow_cost: Annotated[bool, Flag] = False,
) -> None:
    """Hold a server to openapi.yaml and to what the service does beyond it.

    Hundreds of predictions are created. The token is read from REPLICATE_API_TOKEN. The exit code is 0 only if every
    rule was reached and kept.

    Parameters
    ----------
    url
        The server. Default: a mock server of its own, in both dialects.
    quick
        Make up fewer requests.
    dialect
        How the server speaks. Default: found out; without a URL, both.
    webhook_listen
        [HOST:]PORT to receive webhooks on; without it the rules of webhooks are not reached.
    webhook_url
        The address under which the server reaches that. Default: http://HOST:PORT.
    spec
        The OpenAPI document, as a YAML or JSON file. Default: the one this program was made with.
    seed
        Decides the requests that are made up. Default: always the same.
    patience
        How long a prediction or a webhook is waited for, in seconds. Default: 300.
    junit
        A file for the report as JUnit XML.
    json
        A file for the report as JSON.
    allow_cost
        Run against the service itself, which bills every prediction.
    """
    module = _module(None if url else "zeroscope_mock")
    for path in (junit, json):
        if path is not None and not path.parent.is_dir():
            raise CannotCheckError(f"{path}: there is no folder {path.parent}")
    with ExitStack() as stack:
        try:
            runs = _runs(module, stack, url, dialect, webhook_listen, webhook_url, spec, allow_cost)
            reports = []
            for run in runs:
                options = {"quick": quick, "seed": seed, **({"patience": patience} if patience else {})}
                with _steps(run.get("dialect") or urlsplit(run["url"]).netloc) as tell:
                    reports.append(module.check(**run, **options, tell=tell))
                _show(reports[-1])
                if reports[-1].interrupted:
                    break
        except module.DocumentError as error:
            raise CannotCheckError(str(error)) from error
        except module.NotThisAPIError as error:
            raise UnfitServerError(str(error)) from error
    if junit is not None:
        junit.write_text(module.to_junit(reports), encoding="utf-8")
    if json is not None:
        json.write_text(module.to_json(reports), encoding="utf-8")
    if any(report.interrupted for report in reports):
        raise KeyboardInterrupt
    if not all(report.passed for report in reports):
        raise NonconformantError


def _runs(
    module: Any,
    stack: ExitStack,
    url: str | None,
    dialect: str | None,
    listen: str | None,
    public: str | None,
    spec: Path | None,
    allow_cost: bool,
) -> Iterator[dict[str, Any]]:
    if url is None:
        if listen or public:
            raise CannotCheckError("--webhook-listen and --webhook-url are for a server with a URL")
        embedded = importlib.import_module("zeroscope_conformance.embedded")
        for name in (dialect,) if dialect else ("live", "published"):
            with embedded.mock(name, spec) as run:
                yield run
        return
    document = module.Document.load(spec)
    _guard(url, document, allow_cost)
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ConfigurationError(f"no token for {url}: set {TOKEN_VARIABLE}")
    receiver = None
    if listen:
        host, _, port = listen.rpartition(":")
        if not port.isdigit():
            raise CannotCheckError(f"--webhook-listen {listen} is not HOST:PORT, such as 127.0.0.1:9000")
        try:
            receiver = stack.enter_context(
                module.Receiver(host or "127.0.0.1", int(port), document.final, public=public)
            )
        except (OSError, OverflowError) as error:
            raise CannotCheckError(f"--webhook-listen {listen}: {error}") from error
    elif public:
        raise CannotCheckError("--webhook-url needs --webhook-listen, where it leads to")
    yield {"url": url, "token": token, "document": document, "dialect": dialect, "receiver": receiver}


def _guard(url: str, document: Any, allow_cost: bool) -> None:
    services = {
        urlsplit(server["url"]).hostname for one in (document.raw, packaged_spec()) for server in one["servers"]
    }
    if urlsplit(url).hostname in services and not allow_cost:
        raise CannotCheckError(
            f"{url} is the service itself, which would bill you for several hundred predictions; "
            "if that is meant, say --allow-cost"
        )


@contextmanager
def _steps(title: str) -> Iterator[Callable[[str], object]]:
    """Show on stderr what is being done: in place on a terminal, otherwise a line for each step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: console.print(f"{title}: {step}", highlight=False, markup=False, soft_wrap=True)
        return
    with console.status(title) as status:
        yield lambda step: status.update(f"{title}: {step}")


def _show(report: Any) -> None:
    """Print what came of each rule, then each breach."""
    console = Console()
    table = Table("rule", "", "looked at", title=f"{report.url} ({report.dialect})", title_justify="left")
    table.columns[2].justify = "right"
    for result in report.results:
        looked = f"{result.checked:,}" if result.checked else ""
        table.add_row(result.rule.name, Text(result.verdict, _STYLES[result.verdict]), looked)
    console.print(table)
    for result in report.results:
        for finding in result.findings:
            print(f"\n{result.rule.name}: {result.rule.says}")
            print(f"  expected  {finding.expected}\n  seen      {finding.seen}")
            if finding.curl:
                print(f"  repeat    {finding.curl}")
    for error in report.errors:
        print(f"\nThe suite itself failed, which says nothing of the server: {error}")
    missed = report.named("not reached")
    if missed:
        hooks = all(name.startswith("webhook-") for name in missed)
        hint = "; --webhook-listen lets webhooks come" if hooks else ""
        print(f"\nnot reached: {', '.join(missed)}{hint}")
    counts = ", ".join(f"{len(report.named(verdict))} {verdict}" for verdict in _STYLES)
    requests = next((one.checked for one in report.results if one.rule.name == "always-answered"), 0)
    print(f"\n{len(report.results)} rules: {counts}; {requests:,} requests in {report.seconds:.1f} s\n")
    sys.stdout.flush()


def _module(*more: str | None) -> Any:
    # The package is always there; what it needs comes with the extra, and is imported late.
    needed: Sequence[str] = ("schemathesis", "av", "yaml", "standardwebhooks")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"this needs {missing[0]}, which is not installed; get it with: pip install 'zeroscope[cli,conformance]'"
        )
    for name in filter(None, more):
        if importlib.util.find_spec("uvicorn") is None:
            raise ConfigurationError(
                f"without a URL this needs {name}; give a URL, or get it with: pip install 'zeroscope[mock]'"
            )
    return importlib.import_module("zeroscope_conformance")
