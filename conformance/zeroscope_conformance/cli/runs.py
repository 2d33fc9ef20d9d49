"""Runs of the suite from the options of a command line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.console import Console

from zeroscope._text import escape
from zeroscope.cli.errors import SERVICE, CommandError
from zeroscope.cli.extras import require

from .files import hypothesis_in_cache

if TYPE_CHECKING:
    from ..document import Document
    from ..receiver import Receiver
    from ..report import Report
    from ..rules import DialectName

_SHORTEST_TOKEN = 8


@dataclass(frozen=True)
class RunOptions:
    """The options that determine what is run; those of the command have the same names."""

    url: str | None = None
    quick: bool = False
    dialect: DialectName | None = None
    webhook_listen: str | None = None
    webhook_url: str | None = None
    model: str | None = None
    spec: Path | None = None
    seed: int | None = None
    patience: float | None = None
    har: Sequence[Path] = ()
    other_token: str | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the options as JSON values, with absolute paths, and without the token."""
        files = {"har": [str(path.resolve()) for path in self.har]}
        paths = {**files, "spec": None if self.spec is None else str(self.spec.resolve())}
        return {**asdict(self), **paths, "other_token": self.other_token is not None}

    @classmethod
    def from_dict(cls, values: dict[str, Any], other_token: str | None = None) -> RunOptions:
        """Return the options that a report has, with the token of another account if they had one.

        Raises:
            CommandError: If they had one, and none is given.
        """
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        if known.pop("other_token", False):
            known["other_token"] = other_token
            if other_token is None:
                raise CommandError(
                    "that run had the token of another account; pass it again, as --other-token or in "
                    "REPLICATE_OTHER_API_TOKEN"
                )
        files = {"har": [Path(path) for path in known.get("har", [])]}
        return cls(**{**known, **files, "spec": None if known.get("spec") is None else Path(known["spec"])})


def token_of_other_account() -> str | None:
    """Return the token of another account in the environment; None if there is none."""
    from ..suite import OTHER_TOKEN_VARIABLE

    return os.environ.get(OTHER_TOKEN_VARIABLE, "").strip() or None


def perform_runs(options: RunOptions, *, allow_cost: bool, only: Collection[str] | None = None) -> Iterator[Report]:
    """Run the suite, and yield the report of each run.

    Args:
        options: The options.
        allow_cost: Whether the server may be the service itself.
        only: The names of the only steps to run; None for all.

    Raises:
        CommandError: If an option is wrong, or the server is not one of this API.
    """
    if options.har:
        yield _check_recordings(options)
        return
    if options.url is None:
        _require_mock()
    import zeroscope_conformance as suite
    from zeroscope_mock.cog import ModelFileError

    named, file = _parse_model(options.model)
    with ExitStack() as stack:
        stack.enter_context(hypothesis_in_cache())
        try:
            runs = (
                _embedded_runs(options, {} if file is None else {named: file})
                if options.url is None
                else [_remote_run(stack, options.url, options, allow_cost)]
            )
            for run in runs:
                arguments: dict[str, Any] = {"quick": options.quick, "seed": options.seed}
                arguments |= {"model": named or None, "version": file, "only": only}
                if options.patience is not None:
                    arguments["patience"] = options.patience
                with _show_steps(run.get("dialect") or urlsplit(run["url"]).netloc) as tell:
                    report = suite.run_suite(**run, **arguments, on_step=tell)
                yield report
                if report.interrupted:
                    break
        except (suite.DocumentError, ModelFileError) as error:
            raise CommandError(str(error)) from error
        except suite.NotThisAPIError as error:
            raise CommandError(str(error), SERVICE) from error


def _check_recordings(options: RunOptions) -> Report:
    """The report of recorded traffic, for which nothing is sent."""
    from ..document import Document, DocumentError
    from ..recorded import RecordingError, check

    for name in (
        "url",
        "quick",
        "dialect",
        "webhook_listen",
        "webhook_url",
        "model",
        "seed",
        "patience",
        "other_token",
    ):
        if getattr(options, name):
            given = "a URL" if name == "url" else f"--{name.replace('_', '-')}"
            raise CommandError(f"--har checks recorded traffic and sends nothing, so {given} has no meaning with it")
    try:
        return check(options.har, Document.load(options.spec))
    except (DocumentError, RecordingError) as error:
        raise CommandError(str(error)) from error


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


def _embedded_runs(options: RunOptions, models: dict[str, Path]) -> Iterator[dict[str, Any]]:
    """The suite's arguments for each run against an embedded mock server, which runs as long as its run."""
    if options.webhook_listen or options.webhook_url or options.other_token:
        raise CommandError("--webhook-listen, --webhook-url and --other-token are for a server with a URL")
    from .. import embedded

    dialects: tuple[DialectName, ...] = (options.dialect,) if options.dialect else ("live", "published")
    for name in dialects:
        with embedded.mock_server(name, options.spec, models=models) as run:
            yield run


def _remote_run(stack: ExitStack, url: str, options: RunOptions, allow_cost: bool) -> dict[str, Any]:
    """The suite's arguments for the run against a server with a URL."""
    from ..detect import reject_url
    from ..document import Document
    from ..exchange import TOKEN_VARIABLE

    if reason := reject_url(url):
        raise CommandError(reason)
    document = Document.load(options.spec)
    _refuse_service(url, document, allow_cost)
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise CommandError(f"no token for {url}: set {TOKEN_VARIABLE}")
    other_token = options.other_token
    for name, one in ((f"the token in {TOKEN_VARIABLE}", token), ("the token of the other account", other_token)):
        if one is not None and len(one) < _SHORTEST_TOKEN:
            # The report has the name of the variable in place of the token wherever it occurs.
            raise CommandError(f"{name} must have at least {_SHORTEST_TOKEN} characters")
    if token == other_token:
        raise CommandError(
            f"the token of the other account is the one in {TOKEN_VARIABLE}; pass that of another account"
        )
    receiver = None
    if options.webhook_listen:
        receiver = stack.enter_context(_receiver(options.webhook_listen, options.webhook_url, document))
    elif options.webhook_url:
        raise CommandError("--webhook-url needs --webhook-listen, where it leads to")
    run = {"url": url, "token": token, "other_token": other_token, "document": document, "dialect": options.dialect}
    return {**run, "receiver": receiver}


def _receiver(webhook_listen: str, webhook_url: str | None, document: Document) -> Receiver:
    from ..receiver import Receiver

    host, _, port = webhook_listen.rpartition(":")
    if not port.isdigit():
        raise CommandError(f"--webhook-listen {webhook_listen} is not HOST:PORT, such as 127.0.0.1:9000")
    try:
        return Receiver(host or "127.0.0.1", int(port), document.final, public=webhook_url)
    except (OSError, OverflowError) as error:
        raise CommandError(f"--webhook-listen {webhook_listen}: {error}") from error


def _refuse_service(url: str, document: Document, allow_cost: bool) -> None:
    """Refuse the service itself, which bills every prediction, unless the cost is allowed."""
    from ..document import Document

    servers = [*document.raw["servers"], *Document.load().raw["servers"]]
    if not allow_cost and urlsplit(url).hostname in {urlsplit(server["url"]).hostname for server in servers}:
        raise CommandError(
            f"{url} is the service itself, which would bill you for several hundred predictions; "
            "if that is meant, say --allow-cost"
        )


@contextmanager
def _show_steps(title: str) -> Iterator[Callable[[str], object]]:
    """Show the current step on stderr: in place on a terminal, otherwise a line for each step."""
    console, title = Console(stderr=True), escape(title)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda step: console.print(f"{title}: {step}", highlight=False, markup=False, soft_wrap=True)
        return
    with console.status(title) as status:
        yield lambda step: status.update(f"{title}: {step}")
