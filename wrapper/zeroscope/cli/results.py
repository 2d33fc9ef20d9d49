"""Results of the commands that make videos: saved, printed and opened."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import Parameter

from .._text import excerpt
from ..errors import ZeroscopeError
from . import show, viewer
from .embedded_mock import EmbeddedMock
from .errors import DONE, CommandError
from .files import Output, Target
from .input_options import videos_of
from .messages import drop_advice, exit_code, message
from .options import OPTIONS, Flag
from .predictions import Json, MakeTimeout, NoStream, Overwrite, Service, with_polling

# Loaded where it is used: a help needs none of it.
if TYPE_CHECKING:
    from ..client import Zeroscope
    from ..prediction import Prediction
    from ..results import RunResult
    from ..video import Video

_NO_MOCK = EmbeddedMock()
_SERVICE = Service()


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class MakeOptions:
    """The options of commands that make videos."""

    output: Output = None
    """The file to save the video in, a folder (`videos/`, made if missing), a template with {id}, {index} or {seed}, or
    `-` for stdout. Several videos get -0, -1 and so on before the suffix. Default: the prediction's ID, in the current
    folder."""
    overwrite: Overwrite = False
    open: Annotated[Flag, Parameter(help="Open the saved videos with the system's viewer.")] = False
    timeout: MakeTimeout = None
    no_stream: NoStream = False
    json: Annotated[Json, Parameter(help="Print the prediction as JSON, with its saved_files.")] = False
    embedded: EmbeddedMock = _NO_MOCK
    service: Service = _SERVICE

    @property
    def target(self) -> Target:
        """The files of the videos."""
        return self.output or Target()

    def check(self, inputs: Sequence[Mapping[str, Any]]) -> None:
        """Check that the videos can be saved, before the service bills for them."""
        self.target.check(videos_of(inputs[0]), overwrite=self.overwrite, predictions=len(inputs), json=self.json)

    @contextmanager
    def client(self) -> Iterator[Zeroscope]:
        """Connect to the service, or to a mock server."""
        with self.embedded.client(self.service) as client:
            yield with_polling(client, no_stream=self.no_stream)


class _Made(NamedTuple):
    result: RunResult[Prediction, Video]
    saved: list[Path]
    error: Exception | None


def make_one(start: Callable[..., list[Video]], options: MakeOptions) -> None:
    """Make the videos of one prediction, save them, and print the result.

    Args:
        start: A method that makes videos, with its arguments but `timeout` and `on_update`.
        options: The command's options.
    """
    from .progress import watch

    with watch() as on_update:
        try:
            prediction: Any = start(timeout=options.timeout, on_update=on_update)[0].prediction
        except ZeroscopeError as error:
            if options.json and error.prediction is not None:
                show.result(error.prediction, [], as_json=True)
            raise
        saved = options.target.save(prediction, overwrite=options.overwrite)
    if not options.target.is_stdout:
        show.result(prediction, saved, as_json=options.json)
    _open(saved, options)


def make_many(client: Zeroscope, inputs: Sequence[Mapping[str, Any]], options: MakeOptions) -> None:
    """Make the videos of several inputs, save each as soon as it is made, and print the results in their order.

    Raises:
        CommandError: If one has failed, with the highest of their exit codes; everything is printed by then.
    """
    from .progress import watch

    made: dict[int, _Made] = {}
    try:
        with watch() as on_update:
            for result in client.as_completed(inputs, timeout=options.timeout, on_update=on_update):
                made[result.index] = _save(result, inputs, options)
    finally:
        # Also after Ctrl-C, which cancels only those that are not done.
        results = [made[index] for index in sorted(made)]
        _print(results, options)
    _open([path for one in results for path in one.saved], options)
    if code := max((exit_code(one.error) for one in results if one.error is not None), default=DONE):
        raise CommandError(exit_code=code)


def _save(result: RunResult[Prediction, Video], inputs: Sequence[Mapping[str, Any]], options: MakeOptions) -> _Made:
    error: Exception | None = result.error
    saved: list[Path] = []
    if result.prediction is not None and error is None:
        try:
            saved = options.target.save(
                result.prediction,
                overwrite=options.overwrite,
                position=result.index,
                videos=videos_of(inputs[0]),
                predictions=len(inputs),
            )
        # The others are saved, whatever the reason.
        except Exception as failure:
            error = failure
    if error is not None and options.embedded.mock:
        drop_advice(error)
    return _Made(result, saved, error)


def _print(results: Sequence[_Made], options: MakeOptions) -> None:
    # Nothing where nothing was begun, as after an invalid option.
    if options.json and results:
        print(json.dumps([_to_json(one) for one in results], indent=2))
    for one in results:
        if one.error is not None:
            prompt = excerpt(repr(one.result.input.get("prompt")), 60)
            print(f"zeroscope: prompt {one.result.index + 1}, {prompt}: {message(one.error)}", file=sys.stderr)
        elif one.result.prediction is not None and not options.json:
            show.result(one.result.prediction, one.saved, as_json=False)


def _to_json(one: _Made) -> dict[str, Any]:
    if one.result.prediction is None:
        return {"input": one.result.input, "error": message(one.error or ""), "saved_files": []}
    return show.result_json(one.result.prediction, one.saved)


def _open(paths: Sequence[Path], options: MakeOptions) -> None:
    for path in paths if options.open else ():
        if problem := viewer.open_file(path):
            print(f"zeroscope: {problem}", file=sys.stderr)
