"""What is known of a prediction."""

from __future__ import annotations

from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from . import logs as _logs
from ._flows import wait as _waiting
from ._service.api import PredictionModel, Unset, as_mapping, final_statuses, plain
from ._steps import Flow, Stream
from .errors import ConfigurationError
from .logs import Progress
from .options import OnProgress

if TYPE_CHECKING:
    from .events import Event


class PredictionState:
    """What is known of a prediction.

    It tells what the service said last; `reload` and `wait` ask again. Two are equal when the service said the same of
    both. It can be pickled; what comes back has no client.
    """

    __slots__ = ("_client", "_model")

    _client: Any

    def __init__(self, model: PredictionModel, client: Any = None) -> None:
        self._model = model
        self._client = client

    @property
    def id(self) -> str:
        """The prediction's ID."""
        return self._model.id

    @property
    def status(self) -> str:
        """``starting``, ``processing``, ``succeeded``, ``failed``, ``canceled``, ``aborted``, or one that is new."""
        return self._model.status

    @property
    def done(self) -> bool:
        """Whether the prediction has ended; a status never seen before has not."""
        return self.status in final_statuses()

    @property
    def model(self) -> str | None:
        """The model's owner and name."""
        return plain(self._model.model)

    @property
    def version(self) -> str | None:
        """The ID of the model version."""
        return plain(self._model.version)

    @property
    def input(self) -> dict[str, Any]:
        """The input as it was sent; empty where the service left it out or has removed it."""
        return as_mapping(self._model.input_)

    @property
    def output(self) -> Any:
        """The output as the service sent it; see `videos`."""
        return plain(self._model.output)

    @property
    def error(self) -> str | None:
        """Why the prediction failed."""
        error = plain(self._model.error)
        return error if error is None or isinstance(error, str) else str(error)

    @property
    def logs(self) -> str:
        """Everything the model has printed so far."""
        logs = plain(self._model.logs)
        return logs if isinstance(logs, str) else ""

    @property
    def progress(self) -> Progress | None:
        """How far the model is, from the last progress bar in its logs; None before the first."""
        return _logs.parse_progress(self.logs)

    @property
    def seed(self) -> int | None:
        """The seed in use: the one in the logs, else the one that was asked for."""
        said, asked = _logs.parse_seed(self.logs), self.input.get("seed")
        return said if said is not None or not isinstance(asked, int) else asked

    @property
    def created_at(self) -> datetime | None:
        """When the prediction was created; None if the service's timestamp makes no sense."""
        return _timestamp(self._model.created_at)

    @property
    def started_at(self) -> datetime | None:
        """When the model began to run."""
        return _timestamp(self._model.started_at)

    @property
    def completed_at(self) -> datetime | None:
        """When the prediction ended."""
        return _timestamp(self._model.completed_at)

    @property
    def metrics(self) -> dict[str, Any]:
        """What the run took: ``predict_time``, which is billed, and ``total_time``, in seconds."""
        return as_mapping(self._model.metrics)

    @property
    def urls(self) -> dict[str, Any]:
        """Where to go on from here: ``get``, ``cancel``, ``web`` and more."""
        return as_mapping(self._model.urls)

    @property
    def data_removed(self) -> bool:
        """Whether the service has removed input, output and logs, as it does an hour after the end."""
        return plain(self._model.data_removed) is True

    def raise_for_status(self) -> Self:
        """Raise unless the prediction has succeeded with videos, and return it.

        Raises:
            PredictionFailedError, PredictionCanceledError, EmptyOutputError, OutputExpiredError: If it has no videos.
            PredictionError: If it has not ended.
        """
        _waiting.check(self)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The prediction as the service sent it, names included that this version does not know."""
        return self._model.to_dict()

    @property
    def _lacks_output(self) -> bool:
        """Whether the service left the output out where there should be one, as it may in lists."""
        return self.status == "succeeded" and isinstance(self._model.output, Unset) and not self.data_removed

    @property
    def _lacks_input(self) -> bool:
        """Whether the service left the input out, as it may in lists."""
        return isinstance(self._model.input_, Unset) and not self.data_removed

    def _update(self, model: PredictionModel) -> bool:
        """Take over what the service says now, and tell whether it is news."""
        changed = model != self._model
        self._model = model
        return changed

    def _take_listed(self, model: PredictionModel) -> bool:
        """Take over what a list says, which may leave things out, and tell whether it is news."""
        return self._update(PredictionModel.from_dict({**self.to_dict(), **model.to_dict()}))

    def _telling(self, client: Any, timeout: float | None) -> Stream[Event]:
        """The flow that follows the prediction."""
        # Only some programs follow predictions, and only some save their videos.
        from ._flows.follow import events

        return events(client._sender, self, _waiting.Waiting(client._poll, timeout))

    def _saving(
        self, client: Any, folder: str | PathLike[str], overwrite: bool, on_progress: OnProgress | None
    ) -> Flow[list[Path]]:
        """The flow that fetches all videos into a folder."""
        from ._flows.save import save_all

        prediction: Any = self
        return save_all(client._sender, prediction, folder, overwrite, on_progress)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PredictionState):
            return NotImplemented
        return self._model == other._model

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.status}>"

    def __getstate__(self) -> dict[str, Any]:
        return self.to_dict()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._model = PredictionModel.from_dict(state)
        self._client = None

    def _need_client(self) -> Any:
        if self._client is None:
            raise ConfigurationError(
                f"prediction {self.id} has no client, as it was unpickled or came with a webhook; "
                "get it anew with client.predictions.get(id), or pass client= to webhooks.verify"
            )
        return self._client


def _timestamp(value: object) -> datetime | None:
    """A moment as the service wrote it, or None: recorded ones have up to nine digits, and minutes of 84 seconds."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
