"""The state of a prediction, as the service last sent it."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from . import errors
from . import logs as _logs
from ._service.api import PredictionModel, Unset, as_mapping, fill_unset, final_statuses, or_none
from ._service.spec import spec
from ._text import excerpt
from .logs import Progress

if TYPE_CHECKING:
    from ._disk.local_copy import LocalCopy

_INDEX = r"(?<!\d)(\d{1,9})\.[A-Za-z0-9]+$"
_URL = r"(?i)data:\S|[a-z][a-z0-9+.-]*://\S"


class PredictionState:
    """The state of a prediction as the service last sent it; `reload` and `wait` fetch it again.

    Two states are equal if the service sent the same for both. A copy has the same client; a pickle has none.
    """

    __slots__ = ("_copies", "_driver", "_model")

    _driver: Any

    def __init__(self, model: PredictionModel, driver: Any = None, copies: dict[str, LocalCopy] | None = None) -> None:
        self._model = model
        self._driver = driver
        self._copies = {} if copies is None else copies

    @property
    def id(self) -> str:
        """The prediction's ID."""
        return self._model.id

    @property
    def status(self) -> str:
        """``starting``, ``processing``, ``succeeded``, ``failed``, ``canceled``, ``aborted``, or a new one."""
        return self._model.status

    @property
    def done(self) -> bool:
        """Whether the prediction has ended; an unknown status does not count as ended."""
        return self.status in final_statuses()

    @property
    def model(self) -> str | None:
        """The model's owner and name."""
        return or_none(self._model.model)

    @property
    def version(self) -> str | None:
        """The ID of the model version; ``hidden`` for an official model."""
        return or_none(self._model.version)

    @property
    def input(self) -> dict[str, Any]:
        """The input as it was sent; empty if the service omitted or removed it."""
        return as_mapping(self._model.input_)

    @property
    def output(self) -> Any:
        """The output as the service sent it; see `videos`."""
        return or_none(self._model.output)

    @property
    def error(self) -> str | None:
        """The reason why the prediction failed."""
        error = or_none(self._model.error)
        return error if error is None or isinstance(error, str) else str(error)

    @property
    def error_code(self) -> str | None:
        """The service's code of the failure, such as ``E1001``; None if the text of `error` has none."""
        from ._service import error_codes

        return error_codes.error_code(self.error or "")

    @property
    def logs(self) -> str:
        """The model's log so far."""
        logs = or_none(self._model.logs)
        return logs if isinstance(logs, str) else ""

    @property
    def progress(self) -> Progress | None:
        """The model's progress, from the last progress bar in its log; None before the first."""
        return _logs.parse_progress(self.logs)

    @property
    def seed(self) -> int | None:
        """The seed in the log, or else the seed in the input."""
        printed, given = _logs.parse_seed(self.logs), self.input.get("seed")
        return printed if printed is not None or not isinstance(given, int) else given

    @property
    def created_at(self) -> datetime | None:
        """The time of the creation; None if the service's timestamp is not one."""
        return _timestamp(self._model.created_at)

    @property
    def started_at(self) -> datetime | None:
        """The time when the model began to run."""
        return _timestamp(self._model.started_at)

    @property
    def completed_at(self) -> datetime | None:
        """The time when the prediction ended."""
        return _timestamp(self._model.completed_at)

    @property
    def metrics(self) -> dict[str, Any]:
        """The run's metrics, in seconds: ``predict_time``, which is billed, and ``total_time``."""
        return as_mapping(self._model.metrics)

    @property
    def urls(self) -> dict[str, Any]:
        """The prediction's URLs: ``get``, ``cancel``, ``web``, which is its page on the website, and ``stream``."""
        return as_mapping(self._model.urls)

    @property
    def deployment(self) -> str | None:
        """The name of the deployment that the prediction was created with, if there was one."""
        return or_none(self._model.deployment)

    @property
    def data_removed(self) -> bool:
        """Whether the service has removed input, output and logs, as it does an hour after the end."""
        return or_none(self._model.data_removed) is True

    def raise_for_status(self) -> Self:
        """Raise an error unless the prediction has succeeded with videos; otherwise return it.

        Raises:
            PredictionFailedError, PredictionCanceledError, EmptyOutputError, OutputExpiredError: If it has no videos.
            PredictionError: If it has not ended.

        Example:
            >>> prediction.wait().raise_for_status().videos[0].save("lighthouse.mp4")
        """
        if not self.done:
            raise errors.PredictionError(self, f"is still {self.status}")
        if self.status == "failed":
            from ._service import error_codes

            meaning = error_codes.meaning(self.error_code)
            # Before the text, which may be so long that its end is cut.
            known = f" with {self.error_code} ({meaning})" if meaning else ""
            raise errors.PredictionFailedError(self, f"failed{known}: {self.error or 'the service gave no reason'}")
        if self.status in {"canceled", "aborted"}:
            before = " before it started" if self.status == "aborted" else ""
            raise errors.PredictionCanceledError(self, f"was {self.status}{before}")
        if self._lacks_output:
            raise errors.PredictionError(self, "came without its output, which lists may omit; reload it")
        if self.data_removed or self.output is None:
            raise errors.OutputExpiredError(
                self,
                f"succeeded, but its videos are gone; the service keeps them for {retention_seconds() / 60:.0f} "
                "minutes, create it again",
            )
        if not output_videos(self.output):
            output = excerpt(repr(self.output))
            raise errors.EmptyOutputError(self, f"succeeded without a video; its output is {output}")
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as the service sent it, with fields that this version does not know."""
        return self._model.to_dict()

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the result of `to_dict` as JSON in ASCII, which every file can hold."""
        return json.dumps(self.to_dict(), indent=indent)

    @property
    def _last_log_line(self) -> str:
        """The last line of the log that is no progress bar, or an empty string."""
        return _logs.last_line(self.logs)

    @property
    def _lacks_output(self) -> bool:
        """Whether the service omitted an output that exists, as it may in lists."""
        return self.status == "succeeded" and isinstance(self._model.output, Unset) and not self.data_removed

    @property
    def _lacks_input(self) -> bool:
        """Whether the service omitted the input, as it may in lists."""
        return isinstance(self._model.input_, Unset) and not self.data_removed

    def _local_copy(self, url: str) -> LocalCopy:
        """Return the copy of a video, which is the same for every object of this video."""
        from ._disk.local_copy import LocalCopy

        return self._copies.setdefault(url, LocalCopy())

    def _update(self, model: PredictionModel) -> bool:
        """Replace the state, and return whether it changed."""
        before, self._model = self._model, model
        try:
            return model != before
        except RecursionError:
            # JSON that could just be parsed may be nested too deeply to be compared.
            return True

    def _update_from_list(self, model: PredictionModel) -> bool:
        """Update the state from a list's entry, which may omit fields, and return whether it changed."""
        return self._update(fill_unset(model, self._model))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PredictionState):
            return NotImplemented
        return self._model == other._model

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {excerpt(self.id)} {excerpt(self.status)}>"

    def __copy__(self) -> Self:
        return type(self)(self._model, self._driver, self._copies)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Parsed anew, as copies of UNSET would not equal it.
        return type(self)(PredictionModel.from_dict(deepcopy(self.to_dict(), memo)), self._driver, self._copies)

    def __getstate__(self) -> dict[str, Any]:
        return self.to_dict()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._model = PredictionModel.from_dict(state)
        self._driver = None
        self._copies = {}

    def _require_driver(self) -> Any:
        if self._driver is None:
            raise errors.ConfigurationError(
                f"prediction {excerpt(self.id)} has no client, as it was unpickled or came with a webhook; "
                "get it with client.predictions.get(id), or pass client= to webhooks.verify"
            )
        return self._driver


def output_videos(output: object) -> list[tuple[int, str]]:
    """Return the index and the URL of each video in an output of any type, sorted; a text that is no URL is none.

    The service names the files ``output-N.mp4`` and lists them in any order (read in the model's repository).
    """
    urls = output if isinstance(output, list) else [output]
    texts = [url for url in urls if isinstance(url, str) and re.match(_URL, url)]
    return sorted((_index(url, position), url) for position, url in enumerate(texts))


def retention_seconds() -> float:
    """Return how long the service keeps a prediction's data after its end, in seconds."""
    return float(spec()["info"]["x-replicate"]["retention-seconds"])


def _index(url: str, position: int) -> int:
    # Loaded with the first video, like everything that handles files.
    from ._disk import outputs

    found = re.search(_INDEX, outputs.last_path_segment(url))
    return int(found[1]) if found else position


def _timestamp(value: object) -> datetime | None:
    # Recorded timestamps have up to nine fractional digits, and some have impossible minutes.
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
