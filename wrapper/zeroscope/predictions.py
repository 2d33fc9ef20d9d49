"""The operations on predictions, one method each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from ._flows import create as _flows
from ._service.api import PredictionInputDict, PredictionModel
from .options import CreateOptions
from .prediction import AsyncPrediction, Prediction
from .results import Page

if TYPE_CHECKING:
    from .client import AsyncZeroscope, Zeroscope


class Predictions:
    """The predictions of a `Zeroscope` client's account, as ``client.predictions``."""

    def __init__(self, client: Zeroscope) -> None:
        self._client = client

    def create(self, input: PredictionInputDict | Mapping[str, Any], **options: Unpack[CreateOptions]) -> Prediction:
        """Start a prediction and return it at once.

        Args:
            input: What the model is asked to do; only what is in it is sent.
            options: As listed in `CreateOptions`: version, webhook, webhook_events_filter, stream, deadline,
                prefer_wait, extra_input.

        Raises:
            InvalidInputError: If the spec forbids the input; nothing was sent.
            UnknownOutcomeError: If the answer was lost; the prediction may be running.
            APIError, TransportError: If the prediction was not created.

        Example:
            >>> client.predictions.create({"prompt": "a lighthouse in a storm", "num_frames": 36})
            <Prediction gm3qorzdhgbfurvjtvhg6dckhu starting>
        """
        client = self._client
        return self._new(client._driver.run(_flows.create(client._sender, client.version, input, options)))

    def get(self, id: str) -> Prediction:
        """Read a prediction.

        Raises:
            NotFoundError: If the account has no such prediction.
            APIError, TransportError: If the service cannot be asked.
        """
        return self._new(self._client._driver.run(_flows.get(self._client._sender, id)))

    def cancel(self, id: str) -> Prediction:
        """End a prediction and return it. If it has already ended, nothing happens.

        Raises:
            NotFoundError: If the account has no such prediction.
            APIError, TransportError: If the service cannot be asked.
        """
        return self._new(self._client._driver.run(_flows.cancel(self._client._sender, id)))

    def list(self) -> Iterator[Prediction]:
        """Iterate over all predictions of the account, newest first; pages are read as they are needed.

        Example:
            >>> for prediction in client.predictions.list():
            ...     print(prediction.id, prediction.status)
        """
        for page in self.pages():
            yield from page.results

    def pages(self) -> Iterator[Page[Prediction]]:
        """Iterate over the pages of the account's predictions."""
        return self._client._driver.iterate(_flows.pages(self._client._sender, self._new))

    def _new(self, model: PredictionModel) -> Prediction:
        return Prediction(model, self._client)


class AsyncPredictions:
    """The predictions of an `AsyncZeroscope` client's account; see `Predictions`."""

    def __init__(self, client: AsyncZeroscope) -> None:
        self._client = client

    async def create(
        self, input: PredictionInputDict | Mapping[str, Any], **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        """Start a prediction and return it at once; see `Predictions.create`."""
        client = self._client
        return self._new(await client._driver.run(_flows.create(client._sender, client.version, input, options)))

    async def get(self, id: str) -> AsyncPrediction:
        """Read a prediction; see `Predictions.get`."""
        return self._new(await self._client._driver.run(_flows.get(self._client._sender, id)))

    async def cancel(self, id: str) -> AsyncPrediction:
        """End a prediction and return it; see `Predictions.cancel`."""
        return self._new(await self._client._driver.run(_flows.cancel(self._client._sender, id)))

    async def list(self) -> AsyncIterator[AsyncPrediction]:
        """Iterate over all predictions of the account, newest first; see `Predictions.list`."""
        async for page in self.pages():
            for prediction in page.results:
                yield prediction

    def pages(self) -> AsyncIterator[Page[AsyncPrediction]]:
        """Iterate over the pages of the account's predictions."""
        return self._client._driver.iterate(_flows.pages(self._client._sender, self._new))

    def _new(self, model: PredictionModel) -> AsyncPrediction:
        return AsyncPrediction(model, self._client)
