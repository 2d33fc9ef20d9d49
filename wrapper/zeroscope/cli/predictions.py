"""Commands that show, wait for and cancel predictions."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from json import dumps as to_json
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from cyclopts import Parameter

from .._constants import TOKEN_VARIABLE
from .._service.spec import parameters, spec
from .._text import excerpt
from ..errors import NotFoundError, ZeroscopeError
from . import moments, show, table
from .errors import CommandError
from .files import Output
from .input_options import TAKES_PROMPT, videos_of
from .options import OPTIONS, Flag, Integer

# Loaded where it is used: a help needs none of it.
if TYPE_CHECKING:
    from ..client import Zeroscope
    from ..prediction import Prediction

T = TypeVar("T")


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class Service:
    """The options that say where the service is."""

    base_url: str | None = None
    """The service's base URL. Default: ZEROSCOPE_BASE_URL, else Replicate's own."""

    def client(self) -> Zeroscope:
        """Connect to the service."""
        from ..client import Zeroscope

        return Zeroscope(base_url=self.base_url)


_TIMEOUT = "How long to wait, in seconds. Default: a little longer than the service lets a run last."


def _require_time(_: object, seconds: float | None) -> None:
    if seconds == 0:
        raise ValueError("No video is made in no time, and the service would bill for it.")


_STATUSES: list[str] = spec()["components"]["schemas"]["PredictionStatus"]["enum"]
# The website, which the spec leaves out, and where it has the page of each prediction.
WEBSITE, _PAGE_FOLDER = "https://replicate.com", "p"
# What the service's IDs consist of; a file of an output has a suffix.
_ID = re.compile(r"[A-Za-z0-9_-]+")
_ID_HELP = "The IDs of predictions, or the URLs of their pages or in the API."
IDS = Annotated[tuple[str, ...], Parameter(name="ID", help=_ID_HELP)]
Json = Annotated[Flag, Parameter(name="--json", group=OPTIONS, help="Print the prediction as JSON.")]
JsonArray = Annotated[Json, Parameter(help="Print them as a JSON array.")]
Overwrite = Annotated[Flag, Parameter(group=OPTIONS, help="Replace files that exist.")]
Timeout = Annotated[float | None, Parameter(group=OPTIONS, help=_TIMEOUT)]
MakeTimeout = Annotated[Timeout, Parameter(validator=_require_time)]
_NO_STREAM = "Wait by polls alone, and do not follow the prediction's event stream."
NoStream = Annotated[Flag, Parameter(group=OPTIONS, help=_NO_STREAM)]
Source = Annotated[str | None, Parameter(help=parameters("listPredictions")["source"]["description"])]
_STATUS_HELP = "Only those of this status; may be repeated."
if TYPE_CHECKING:
    _Choice = str
else:
    # Shells complete choices.
    _Choice = Literal[tuple(_STATUSES)]
Status = Annotated[tuple[_Choice, ...], Parameter(negative="", help=_STATUS_HELP)]
Prompt = Annotated[str | None, Parameter(parse=TAKES_PROMPT, help="Only those whose prompt contains this text.")]
After = Annotated[str | None, Parameter(help=f"Only those created at this time or later. {moments.FORMS}.")]
Before = Annotated[str | None, Parameter(help="Only those created before this time, in the same forms.")]


def wait(
    ids: IDS,
    /,
    *,
    output: Output = None,
    overwrite: Overwrite = False,
    timeout: Timeout = None,
    no_stream: NoStream = False,
    json: Json = False,
    service: Service = Service(),
) -> None:
    """Wait for predictions and save their videos.

    Ctrl-C ends the waiting; the predictions go on.

    Args:
        output: The file, folder (`videos/`) or template to save the video in, or `-` for stdout, as of `run`. Default:
            nothing is saved.
    """
    from .progress import watch

    with service.client() as client:
        # A wrong ID is reported before the first wait.
        predictions = [find(with_polling(client, no_stream=no_stream), text) for text in ids]
        videos = max(videos_of(prediction.input) for prediction in predictions)
        if output is not None:
            output.check(videos, overwrite=overwrite, predictions=len(predictions), json=json)

        def finish(numbered: tuple[int, Prediction]) -> None:
            position, prediction = numbered
            saved = []
            with watch() as on_update:
                prediction.wait(timeout=timeout, on_update=on_update).raise_for_status()
                if output is not None:
                    saved = output.save(
                        prediction,
                        overwrite=overwrite,
                        position=position,
                        videos=videos,
                        predictions=len(predictions),
                    )
            if output is None or not output.is_stdout:
                show.result(prediction, saved, as_json=json)

        _for_each(list(enumerate(predictions)), finish)


def get(ids: IDS, /, *, json: Json = False, service: Service = Service()) -> None:
    """Show predictions."""
    with service.client() as client:
        _for_each(ids, lambda text: show.prediction(find(client, text), as_json=json))


def cancel(ids: IDS, /, *, json: Json = False, service: Service = Service()) -> None:
    """End predictions. To those that have already ended, nothing happens."""
    with service.client() as client:

        def end(text: str) -> None:
            id = prediction_id(text)
            with _explaining(client, id):
                show.prediction(client.predictions.cancel(id), as_json=json)

        _for_each(ids, end)


def list_command(
    *,
    limit: Annotated[int, Integer] = 20,
    status: Status = (),
    prompt: Prompt = None,
    created_after: After = None,
    created_before: Before = None,
    source: Source = None,
    cursor: str | None = None,
    json: JsonArray = False,
    service: Service = Service(),
) -> None:
    """List the account's predictions, newest first.

    Args:
        limit: The maximum number of predictions.
        cursor: Where to begin: the cursor of a page, or its next or previous URL, whose filters then apply as well.
    """
    if limit < 1:
        raise CommandError(f"--limit {limit} is too small, at least 1 is needed")
    with service.client() as client:
        found = client.predictions.list(
            created_after=created_after and moments.to_time(created_after),
            created_before=created_before and moments.to_time(created_before),
            source=source,
            cursor=cursor,
        )
        # The service filters by time and source alone.
        matching = (
            prediction
            for prediction in found
            if (not status or prediction.status in status)
            and (not prompt or prompt.casefold() in str(prediction.input.get("prompt", "")).casefold())
        )
        listed = list(islice(matching, limit))
    if json:
        print(to_json([prediction.to_dict() for prediction in listed], indent=2))
    elif listed:
        table.show(listed)
    else:
        filters = (status, prompt, created_after, created_before, source, cursor)
        print(f"zeroscope: no predictions{' that match' if any(filters) else ''}", file=sys.stderr)


def with_polling(client: Zeroscope, *, no_stream: bool) -> Zeroscope:
    """Return a client that waits as the options say."""
    from ..polling import Polling

    return client.with_options(poll=Polling(stream=False)) if no_stream else client


def prediction_id(text: str) -> str:
    """Return the ID in an argument: the ID itself, or that in the URL of a prediction's page or in the API.

    Raises:
        CommandError: If it is a URL without an ID.
    """
    if "://" not in text:
        return text
    try:
        segments = [segment for segment in urlsplit(text).path.split("/") if segment]
    except ValueError:
        segments = []
    from .._service.api import operation_names

    api = operation_names()["getPrediction"].partition(" ")[2]
    folder = api.split("/")[-2]
    # In the API, what is done to a prediction may follow its ID.
    id = next((after for before, after in pairwise(segments) if before == folder), "")
    if len(segments) == 2 and segments[0] == _PAGE_FOLDER:
        id = segments[1]
    if not _ID.fullmatch(id):
        raise CommandError(
            f"{excerpt(text)} is not the URL of a prediction; pass its ID, or a URL such as "
            f"{WEBSITE}/{_PAGE_FOLDER}/ID or {spec()['servers'][0]['url']}{api.rpartition('/')[0]}/ID"
        )
    return id


def find(client: Zeroscope, text: str) -> Prediction:
    """Read the prediction that an argument names by its ID or URL."""
    id = prediction_id(text)
    with _explaining(client, id):
        return client.predictions.get(id)


@contextmanager
def _explaining(client: Zeroscope, id: str) -> Iterator[None]:
    """Add to the error about an unknown ID whose predictions were searched."""
    try:
        yield
    except NotFoundError as error:
        error.add_note(
            f"This account has no prediction {excerpt(id)}: that of the token in {TOKEN_VARIABLE}, at "
            f"{client.base_url}. zeroscope list shows what it has."
        )
        raise


def _for_each(items: Iterable[T], action: Callable[[T], None]) -> None:
    """Do something for each item, and raise the first error after the last one, with the others as notes."""
    errors: list[ZeroscopeError] = []
    for item in items:
        try:
            action(item)
        except ZeroscopeError as error:
            errors.append(error)
    if errors:
        for other in errors[1:]:
            for text in (str(other), *getattr(other, "__notes__", [])):
                errors[0].add_note(text)
        raise errors[0]
