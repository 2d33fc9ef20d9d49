"""The commands that make, show and end predictions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Required, TypedDict, Unpack, get_type_hints

from cyclopts import Parameter

from zeroscope_mock.cli import OPTIONS, Embedded

from .._api import PredictionInputDict, file_fields
from .._input import input_schema
from ..client import Zeroscope
from ..errors import ZeroscopeError
from ..prediction import Prediction
from . import files, show
from .errors import UsageError
from .progress import watch

_NO_MOCK = Embedded()


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class Service:
    """Where the service is."""

    base_url: str | None = None
    """Another address of the service. Default: ZEROSCOPE_BASE_URL, else Replicate's own."""

    @contextmanager
    def client(self) -> Iterator[Zeroscope]:
        """A client of the service."""
        with Zeroscope(base_url=self.base_url) as client:
            yield client


Json = Annotated[bool, Parameter(name="--json", negative=(), group=OPTIONS)]
Overwrite = Annotated[bool, Parameter(negative=(), group=OPTIONS)]
Output = Annotated[Path | None, Parameter(name=["--output", "-o"], group=OPTIONS)]
Timeout = Annotated[float | None, Parameter(group=OPTIONS)]
TAKES_PROMPT = "prompt" in input_schema()["properties"]
_PROMPT = Parameter(name="PROMPT", group="Arguments", parse=TAKES_PROMPT)


def _fields() -> Any:
    """The input's fields as a command line can give them: a file is a text there."""
    hints: dict[str, Any] = {}
    for name, hint in get_type_hints(PredictionInputDict).items():
        plain: Any = str if name in file_fields() else hint
        # The prompt may come as an argument; where it does not come at all, the spec's check says so.
        needed = name in PredictionInputDict.__required_keys__ and name != "prompt"
        hints[name] = Required[plain] if needed else plain
        if name in file_fields():
            hints[name] = Annotated[hints[name], Parameter(metavar="URL|PATH")]
    typed_dict: Any = TypedDict
    made = typed_dict(PredictionInputDict.__name__, hints, total=False)
    # The fields' descriptions are looked up in the source of the class of this name.
    made.__module__ = PredictionInputDict.__module__
    return made


if TYPE_CHECKING:

    class _Fields(TypedDict):
        # None here: a field of the spec may have the name of a parameter below.
        pass
else:
    _Fields = _fields()


def run_command(
    text: Annotated[str | None, _PROMPT] = None,
    /,
    *,
    output: Output = None,
    overwrite: Overwrite = False,
    timeout: Timeout = None,
    embedded: Embedded = _NO_MOCK,
    json: Json = False,
    service: Service = Service(),
    **input: Unpack[_Fields],
) -> None:
    """Make videos and save them.

    Ctrl-C cancels the prediction.

    Parameters
    ----------
    text
        What the video should show.
    output
        The file to save the video in, or an existing folder. Several videos get -0, -1 and so on before the ending.
        Default: the prediction's ID, in the current folder.
    overwrite
        Replace files that exist.
    timeout
        How long to wait, in seconds. Default: a little longer than the service lets a run last.
    json
        Print the prediction as JSON.
    """
    fields: dict[str, Any] = {**input}
    if text is not None:
        if "prompt" in fields:
            raise UsageError("the prompt is given twice, as PROMPT and as --prompt")
        fields["prompt"] = text
    # Before money is spent on something that could not be saved.
    output = files.expand(output)
    files.check(output, fields.get("batch_size", _default_batch_size()), overwrite)
    with embedded.client() if embedded.mock else service.client() as client, watch() as on_update:
        seen: list[Prediction] = []

        def notice(prediction: Prediction) -> None:
            seen[:] = [prediction]
            on_update(prediction)

        try:
            client.run(timeout=timeout, on_update=notice, **fields)
        except ZeroscopeError as error:
            if json and error.prediction is not None:
                show.prediction(error.prediction, as_json=True)
            raise
        saved = files.save(seen[0], output, overwrite)
    show.result(seen[0], saved, as_json=json)


def wait(
    id: str,
    /,
    *,
    output: Output = None,
    overwrite: Overwrite = False,
    timeout: Timeout = None,
    json: Json = False,
    service: Service = Service(),
) -> None:
    """Wait for a prediction and save its videos.

    Ctrl-C ends the waiting; the prediction goes on.

    Parameters
    ----------
    id
        The prediction's ID.
    output
        The file to save the video in, or an existing folder. Default: nothing is saved.
    overwrite
        Replace files that exist.
    timeout
        How long to wait, in seconds. Default: a little longer than the service lets a run last.
    json
        Print the prediction as JSON.
    """
    output = files.expand(output)
    with service.client() as client:
        prediction = client.predictions.get(id)
        if output is not None:
            files.check(output, len(prediction.videos) or 1, overwrite)
        with watch() as on_update:
            prediction.wait(timeout=timeout, on_update=on_update).raise_for_status()
            saved = [] if output is None else files.save(prediction, output, overwrite)
    show.result(prediction, saved, as_json=json)


def get(id: str, /, *, json: Json = False, service: Service = Service()) -> None:
    """Show a prediction.

    Parameters
    ----------
    id
        The prediction's ID.
    json
        Print the prediction as JSON.
    """
    with service.client() as client:
        show.prediction(client.predictions.get(id), as_json=json)


def cancel(id: str, /, *, json: Json = False, service: Service = Service()) -> None:
    """End a prediction. If it has already ended, nothing happens.

    Parameters
    ----------
    id
        The prediction's ID.
    json
        Print the prediction as JSON.
    """
    with service.client() as client:
        show.prediction(client.predictions.cancel(id), as_json=json)


def list_command(*, limit: int = 20, json: Json = False, service: Service = Service()) -> None:
    """List the account's predictions, newest first.

    Parameters
    ----------
    limit
        How many at most.
    json
        Print them as a JSON array.
    """
    if limit < 1:
        raise UsageError(f"--limit {limit} is too small, at least 1 is needed")
    with service.client() as client:
        show.predictions(list(islice(client.predictions.list(), limit)), as_json=json)


def _default_batch_size() -> object:
    """How many videos come when nobody says, by the spec."""
    return input_schema()["properties"].get("batch_size", {}).get("default", 1)
