"""The command that makes videos from a file of inputs, saves them, and resumes."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from json import dumps as to_json
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias, Unpack

from cyclopts import Parameter, Token, validators

from .._config import Config
from .._disk.outputs import make_folder
from .._flows.cleanup import GOES_ON
from .._service.spec import spec
from .._text import escape
from ..errors import (
    APIError,
    ConfigurationError,
    InvalidInputError,
    OutputExpiredError,
)
from ..prediction import Prediction
from ..results import RunResult
from ..video import Video
from . import batch_files, batch_input, show
from .batch_failures import KEPT, Failure, reason
from .batch_input import Format, Line
from .batch_progress import BatchProgress
from .downloads import Downloads
from .embedded_mock import EmbeddedMock
from .errors import CommandError
from .files import Output, Target
from .input_options import LineFields, given_fields, videos_of
from .json_values import STDIN
from .messages import drop_advice
from .options import OPTIONS, Flag, Integer, PathOrText
from .predictions import Json, MakeTimeout, NoStream, Service, with_polling
from .process import ignore_signals
from .progress import is_live, stderr
from .prompts import DefaultPrompt, require_prompt

Result: TypeAlias = RunResult[Prediction, Video]
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_NO_MOCK = EmbeddedMock()
_DEFAULT_SERVICE = Service()
_HELP = "A file with an input in each line, or - for the standard input."
_FORMAT_HELP = (
    "lines: a prompt in each line; jsonl: a JSON object in each line; csv: a column for each field, named in the first "
    "line, with commas, semicolons or tabs between them; tsv: with tabs. Default: that of the suffix .jsonl, .csv or "
    ".tsv, else lines."
)
_JOURNAL_HELP = (
    "The file that records what was created and how it ended, from which the same command resumes. Default: FILE with "
    "the suffix .journal; none with --mock."
)
_Count = Annotated[int, Integer, Parameter(group=OPTIONS, validator=validators.Number(gte=1))]


def _file(_: type, tokens: Sequence[Token]) -> str:
    value = tokens[0].value
    # The parser does not tell whether `--` came before.
    if value.startswith("-") and value != STDIN and not Path(value).is_file():
        raise ValueError(f"unknown option: {value}")
    return value


_FILE = Parameter(name="FILE", group="Arguments", allow_leading_hyphen=True, converter=_file, help=_HELP)


def batch(
    file: Annotated[PathOrText, _FILE],
    /,
    *,
    format: Annotated[Format | None, Parameter(group=OPTIONS, help=_FORMAT_HELP)] = None,
    output: Output = None,
    journal: Annotated[Path | None, Parameter(group=OPTIONS, help=_JOURNAL_HELP)] = None,
    concurrency: Annotated[_Count, Parameter(help="The most predictions that run at a time.")] = 100,
    timeout: MakeTimeout = None,
    no_stream: NoStream = False,
    default_prompt: DefaultPrompt = False,
    dry_run: Annotated[Flag, Parameter(group=OPTIONS, help="Check and count the inputs; create nothing.")] = False,
    embedded: EmbeddedMock = _NO_MOCK,
    json: Annotated[Json, Parameter(help="Print a JSON object for each result, in a line.")] = False,
    service: Service = _DEFAULT_SERVICE,
    **input: Unpack[LineFields],
) -> None:
    """Make videos from many inputs and save them.

    All inputs are checked before anything is created. Run the same command again to resume after Ctrl-C or a crash:
    nothing is paid for twice, and no video is fetched twice. A field given as an option is for all inputs that do not
    have it.

    Args:
        output: The folder to save the videos in (`videos/`, made if missing), or a template with {id}, and {index} or
            {seed} besides. Default: FILE-videos, beside the file.
    """
    version: str = spec()["info"]["x-replicate"]["version"]
    fields = given_fields(input)
    if default_prompt or "prompt" in fields:
        require_prompt(fields, default_prompt)
    lines = batch_input.read(file, format, fields, version, default_prompt=default_prompt)
    target = batch_files.target_of(file, output)
    journal = batch_files.journal_of(file, journal, output, embedded)
    if dry_run:
        _show_check(lines, journal, service.base_url)
        return
    run = _Run(lines, target, journal, json, embedded.mock)
    options: dict[str, Any] = {"timeout": timeout, "journal": journal, "concurrency": concurrency}
    with embedded.client(service) as client:
        target.check(1, overwrite=True)
        if journal is not None:
            make_folder(journal.parent)
            batch_files.warn_of_others(lines, journal, client.base_url)
        inputs = [line.input for line in lines]
        try:
            with run.progress.show(), run.saving():
                waiting = with_polling(client, no_stream=no_stream)
                for result in waiting.as_completed(inputs, on_update=run.progress.update, **options):
                    run.take(result)
        except BaseException as error:
            run.take_error(error)
            # Neither a journal that cannot be used nor an invalid option is better the next time.
            if run.progress.has_begun or not isinstance(error, ConfigurationError | InvalidInputError):
                run.summarize()
            raise
        run.summarize()
    if run.failures:
        raise CommandError(exit_code=max(failure.exit_code for failure in run.failures))


class _Saved(NamedTuple):
    paths: list[Path]
    """The files of a prediction's videos."""
    new: int
    """How many of them were not there before."""


class _Run:
    """A run of a batch: the results so far, and the videos that are being saved."""

    def __init__(self, lines: list[Line], target: Target, journal: Path | None, json: bool, is_mock: bool) -> None:
        self._lines = lines
        self._target = target
        self._journal = journal
        self._json = json
        self._is_mock = is_mock
        self._downloads: Downloads[_Saved] = Downloads()
        # In the order of the results, so that stdout does not depend on which download was the fastest.
        self._saving: deque[tuple[Line, Result, Future[_Saved] | None]] = deque()
        self._printed_later: list[Callable[[], None]] = []
        self._is_shared = sys.stdout.isatty() and is_live(stderr())
        self._existing = target.existing() if target.is_numbered else []
        self._found = 0
        self._unsaved = 0
        # The largest number of videos of an input, by which the videos of all are numbered.
        self._videos = max(videos_of(line.input) for line in lines)
        self.progress = BatchProgress(len(lines))
        self.failures: list[Failure] = []

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Save videos, and wait for all; after an error for those that have begun, and after Ctrl-C not for long."""
        try:
            yield
            self._report(until_saved=True)
        except BaseException as error:
            self._downloads.end(isinstance(error, KeyboardInterrupt))
            self._report(until_saved=True)
            raise
        finally:
            self._downloads.close()

    def take(self, result: Result) -> None:
        """Take over a result, and save its videos."""
        future = None
        if result.error is None and result.prediction is not None:
            future = self._downloads.start(partial(self._save, result.prediction, result.index))
        self._saving.append((self._lines[result.index], result, future))
        # Then, so that after Ctrl-C here its videos count as not saved, or else it as not ended.
        self.progress.end(result)
        self._report()

    def take_error(self, error: BaseException) -> None:
        """Take over the predictions that go on after an error, which the summary counts instead of naming them."""
        notes = getattr(error, "__notes__", [])
        for note in [note for note in notes if note.startswith(GOES_ON)] if self._journal else []:
            notes.remove(note)
            self.progress.add(note.removeprefix(GOES_ON).partition(";")[0].split(", "))

    def summarize(self) -> None:
        """Print the results that wait for it, and a summary on stderr; the command then ends."""
        self._print_summary()
        ignore_signals()

    def _print_summary(self) -> None:
        for show_result in self._printed_later:
            show_result()
        sys.stdout.flush()
        counts = ", ".join(f"{count} {name}" for name, count in self.progress.counts.items())
        before = f", {self._found} of them from before" if self._found else ""
        folder = os.path.dirname(self._target.template).replace("{{", "{").replace("}}", "}")
        where = f"; {_counted(self.progress.saved, 'video')} in {folder or '.'}{before}" if self.progress.saved else ""
        print(escape(f"zeroscope: {_counted(len(self._lines), 'input')}: {counts}{where}"), file=sys.stderr)
        for failure in sorted(self.failures):
            print(f"  line {failure.line}: {failure.text}", file=sys.stderr)
        self._unsaved += sum(len(result.videos) for _, result, future in self._saving if future is not None)
        if self._unsaved:
            verb = "is" if self._unsaved == 1 else "are"
            print(f"  {_counted(self._unsaved, 'video')} {verb} not saved; {KEPT}", file=sys.stderr)
        if self._journal is None:
            return
        if self.progress.running:
            print(f"  {_counted(self.progress.running, 'prediction')} may go on and be billed.", file=sys.stderr)
        if self._unsaved or self.progress.is_unfinished or any(failure.is_resumed for failure in self.failures):
            advice = f"Run the same command again to continue from {self._journal}; nothing is paid for twice."
            print(f"  {escape(advice)}", file=sys.stderr)
        if not all(failure.is_resumed for failure in self.failures):
            advice = f"{self._journal} keeps what has failed; to pay for another try, put its line into another file."
            print(f"  {escape(advice)}", file=sys.stderr)

    def _save(self, prediction: Prediction, position: int) -> _Saved:
        videos = prediction.videos
        # Without {index}, numbers only tell the videos of a prediction apart.
        first = position * max(self._videos, len(videos)) if self._target.is_numbered else 0
        paths = self._target.paths(prediction.id, prediction.seed, range(first, first + len(videos)), len(videos))
        if self._existing and not all(path.exists() for path in paths):
            # The inputs had another order when they were saved.
            known = prediction.id, prediction.seed, len(videos)
            paths = self._target.under_other_numbers(self._existing, *known) or paths
        # A file appears only when it is complete, and no other prediction has this ID.
        missing = [(video, path) for video, path in zip(videos, paths, strict=True) if not path.exists()]
        for video, path in missing:
            if self._target.makes_folder:
                make_folder(path.parent)
            try:
                video.save(path, on_progress=self._downloads.check)
            except APIError as error:
                if error.status_code in _GONE:
                    raise OutputExpiredError(prediction, "succeeded, but its videos are gone") from error
                raise
        return _Saved(paths, len(missing))

    def _report(self, *, until_saved: bool = False) -> None:
        """Report the first results whose videos are saved."""
        while self._saving:
            line, result, future = self._saving[0]
            if future is not None and not future.done():
                if not until_saved:
                    return
                # After Ctrl-C here, it is still known as not saved.
                wait([future])
            self._saving.popleft()
            error: BaseException | None = result.error
            saved: list[Path] = []
            if future is not None:
                error = CancelledError() if future.cancelled() else future.exception()
                if isinstance(error, CancelledError):
                    self._unsaved += len(result.videos)
                    continue
                if error is None:
                    saved, new = future.result()
                    self._found += len(saved) - new
                    self.progress.save(len(saved))
            if error is not None:
                if self._is_mock:
                    drop_advice(error)
                self.failures.append(Failure.of(line.number, error))
            self._show(line, result, saved, error)

    def _show(self, line: Line, result: Result, saved: list[Path], error: BaseException | None) -> None:
        def show_result() -> None:
            if self._json:
                body: dict[str, Any] = {"saved_files": []}
                if result.prediction is not None:
                    body = show.result_json(result.prediction, saved)
                if error is not None and body.get("error") is None:
                    body["error"] = reason(error)
                print(to_json({"line": line.number, **body}), flush=True)
            elif saved and result.prediction is not None:
                show.result(result.prediction, saved, as_json=False)

        # A line on the terminal of the live table would tear that.
        if self._is_shared:
            self._printed_later.append(show_result)
        else:
            show_result()


def _show_check(lines: list[Line], journal: Path | None, base_url: str | None) -> None:
    videos = sum(videos_of(line.input) for line in lines)
    known = ""
    if journal is not None and journal.exists():
        number = batch_files.recorded(journal, lines, Config("none", base_url, None, None).base_url).lines
        known = f"; {number} known in {journal}, {len(lines) - number} would be created"
    made = f"{_counted(len(lines), 'valid input')} for {_counted(videos, 'video')}"
    print(f"{made}; nothing was sent{escape(known)}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
