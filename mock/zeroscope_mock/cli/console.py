"""The console of `zeroscope mock`: all that it prints, to the last request."""

from __future__ import annotations

import json
import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TextIO

from .. import MockServer

if TYPE_CHECKING:
    from .request_log import Printer, RequestLog

_LOGGER = logging.getLogger("zeroscope_mock")


class _Warnings(logging.StreamHandler[TextIO]):
    """Prints the server's warnings on stderr, as Python does by itself, where no line is printed over them."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self.setLevel(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Print a warning."""
        self._console.release()
        super().emit(record)


class Console:
    """Prints where the server is, how programs reach it, and what they request.

    Args:
        server: The server.
        format: The format of the log; `quiet` for no log and no banner.
        served: The models besides that of the document, in words.
    """

    def __init__(self, server: MockServer, *, format: Literal["text", "json", "quiet"], served: str) -> None:
        self._server = server
        self._format = format
        self._served = served
        self._log: RequestLog | None = None
        self._url = ""
        self._warnings = _Warnings(self)
        # A request may come before the log begins.
        self._seen = server.core.state.journal.last

    def show_url(self, url: str) -> None:
        """Print the URL of a server that is ready."""
        # Programs read it from the first line, and may never read another one.
        print(json.dumps({"listening": url}) if self._format == "json" else f"listening on {url}", flush=True)
        self._url = url
        if not url.startswith("https:"):
            self._show_more([])

    def show_environment(self, variables: Mapping[str, str]) -> None:
        """Print the variables of the environment that make clients trust the server."""
        if self._format == "json":
            self._show_more([json.dumps({"environment": dict(variables)})])
        else:
            self._show_more([f"export {name}={shlex.quote(value)}" for name, value in variables.items()])

    def note(self, text: str) -> None:
        """Print a note on stderr."""
        self.release()
        print(f"zeroscope: {text}", file=sys.stderr, flush=True)

    def release(self) -> None:
        """Leave the lines as they are, because something else is printed below them."""
        if self._log is not None:
            self._log.release()

    def close(self) -> None:
        """Print the last requests, and what was dropped because of the limits."""
        _LOGGER.removeHandler(self._warnings)
        if self._log is None:
            return
        dropped = {kind: number for kind, number in self._server.dropped.items() if number}
        counted = ", ".join(f"{number} {kind}" for kind, number in dropped.items())
        self._log.close(f"dropped because of the limits: {counted}" if dropped else None)

    def _show_more(self, lines: Sequence[str]) -> None:
        """Print lines, the banner and the log."""
        if self._format == "quiet" or sys.stdout is None:
            for line in lines:
                print(line, flush=True)
            return
        # Imported here because few programs need it.
        from .request_log import RequestLog

        _LOGGER.addHandler(self._warnings)
        self._log = RequestLog(self._server.core.state.journal, lambda: self._begin(lines), after=self._seen)

    def _begin(self, lines: Sequence[str]) -> Printer:
        """Print lines and the banner, and return what prints the requests."""
        # Imported here because the first request does not need to wait for it.
        from .banner import banner
        from .printers import JsonPrinter, TextPrinter
        from .terminal import Terminal

        terminal, settings = Terminal(), self._server.core.state.settings
        if self._format == "json":
            terminal.write_lines(lines)
            return JsonPrinter(terminal)
        more = banner(self._url, self._served, control=settings.control, own_token=settings.token is not None)
        terminal.write_lines([*lines, *more, ""])
        return TextPrinter(terminal)
