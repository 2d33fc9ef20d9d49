"""Commands that create, show and cancel predictions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Unpack

from cyclopts import Parameter

from .._service.spec import parameters
from ..client import Zeroscope
from ..errors import ZeroscopeError
from . import files, show
from .embedded_mock import EmbeddedMock
from .errors import CommandError
from .input_options import TAKES_PROMPT, InputFields, default_batch_size
from .options import OPTIONS, Flag, Integer
from .progress import watch

_NO_MOCK = EmbeddedMock()


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class Service:
    """The options that say where the service is."""

    base_url: str | None = None
    """The service's base URL. Default: ZEROSCOPE_BASE_URL, else Replicate's own."""

    def client(self) -> Zeroscope:
        """Connect to the service."""
        return Zeroscope(base_url=self.base_url)


_TIMEOUT = "How long to wait, in seconds. Default: a little longer than the service lets a run last."
ID = Annotated[str, Parameter(help="The prediction's ID.")]
Json = Annotated[Flag, Parameter(name="--json", group=OPTIONS, help="Print the prediction as JSON.")]
JsonArray = Annotated[Json, Parameter(help="Print them as a JSON array.")]
Overwrite = Annotated[Flag, Parameter(group=OPTIONS, help="Replace files that exist.")]
Output = Annotated[Path | None, Parameter(name=["--output", "-o"], group=OPTIONS)]
Timeout = Annotated[float | None, Parameter(group=OPTIONS, help=_TIMEOUT)]
Source = Annotated[str | None, Parameter(help=parameters("listPredictions")["source"]["description"])]
_PROMPT = Parameter(name="PROMPT", group="Arguments", parse=TAKES_PROMPT)


def run_command(
    text: Annotated[str | None, _PROMPT] = None,
    /,
    *,
    output: Output = None,
    overwrite: Overwrite = False,
    timeout: Timeout = None,
    embedded: EmbeddedMock = _NO_MOCK,
    json: Json = False,
    service: Service = Service(),
    **input: Unpack[InputFields],
) -> None:
    """Make videos and save them.

    Ctrl-C cancels the prediction.

    Args:
        text: What the video should show.
        output: The file to save the video in, or an existing folder. Several videos get -0, -1 and so on before the
            ending. Default: the prediction's ID, in the current folder.
    """
    fields: dict[str, Any] = {**input}
    if text is not None:
        if "prompt" in fields:
            raise CommandError("the prompt is given twice, as PROMPT and as --prompt")
        fields["prompt"] = text
    # Before the service bills for videos that could not be saved.
    output = files.expand(output)
    files.check(output, fields.get("batch_size", default_batch_size()), overwrite)
    with embedded.client() if embedded.mock else service.client() as client, watch() as on_update:
        try:
            prediction: Any = client.run(timeout=timeout, on_update=on_update, **fields)[0].prediction
        except ZeroscopeError as error:
            if json and error.prediction is not None:
                show.prediction(error.prediction, as_json=True)
            raise
        saved = files.save(prediction, output, overwrite)
    show.result(prediction, saved, as_json=json)


def wait(
    id: ID,
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

    Args:
        output: The file to save the video in, or an existing folder. Default: nothing is saved.
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


def get(id: ID, /, *, json: Json = False, service: Service = Service()) -> None:
    """Show a prediction."""
    with service.client() as client:
        show.prediction(client.predictions.get(id), as_json=json)


def cancel(id: ID, /, *, json: Json = False, service: Service = Service()) -> None:
    """End a prediction. If it has already ended, nothing happens."""
    with service.client() as client:
        show.prediction(client.predictions.cancel(id), as_json=json)


def list_command(
    *,
    limit: Annotated[int, Integer] = 20,
    created_after: str | None = None,
    created_before: str | None = None,
    source: Source = None,
    cursor: str | None = None,
    json: JsonArray = False,
    service: Service = Service(),
) -> None:
    """List the account's predictions, newest first.

    Args:
        limit: The maximum number of predictions.
        created_after: Only those created at this time or later, such as 2026-01-31T08:30:00Z.
        created_before: Only those created before this time.
        cursor: Where to begin: the cursor of a page, or its next or previous URL, whose filters then apply as well.
    """
    if limit < 1:
        raise CommandError(f"--limit {limit} is too small, at least 1 is needed")
    with service.client() as client:
        found = client.predictions.list(
            created_after=created_after, created_before=created_before, source=source, cursor=cursor
        )
        show.predictions(list(islice(found, limit)), as_json=json)
