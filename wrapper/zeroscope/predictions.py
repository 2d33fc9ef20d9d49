"""The operations on predictions, one method each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Unpack

from ._drivers.async_ import AsyncDriver
from ._drivers.sync import SyncDriver
from ._flows import read
from ._flows.create import create
from ._pickling import Unpicklable
from ._service.api import PredictionInputDict, PredictionModel
from .options import CreateOptions
from .prediction import AsyncPrediction, Prediction
from .results import Page


class Predictions(Unpicklable):
    """The predictions of a `Zeroscope` client's account, as ``client.predictions``."""

    def __init__(self, driver: SyncDriver, version: str) -> None:
        self._driver = driver
        self._version = version

    def create(self, input: PredictionInputDict | Mapping[str, Any], **options: Unpack[CreateOptions]) -> Prediction:
        """Start a prediction and return it at once.

        Args:
            input: The model's fields; only the fields given here are sent.
            options: As listed in `CreateOptions`: version, webhook, webhook_events_filter, stream, deadline,
                prefer_wait, extra_input.

        Raises:
            InvalidInputError: If the spec forbids the input; nothing was sent.
            UnknownOutcomeError: If the response was lost; the prediction may be running.
            APIError, TransportError: If the prediction was not created.

        Example:
            >>> client.predictions.create({"prompt": "a lighthouse in a storm", "num_frames": 36})
            <Prediction gm3qorzdhgbfurvjtvhg6dckhu starting>
        """
        return self._new(self._driver.run(create(self._driver.sender, self._version, input, options)))

    def get(self, id: str) -> Prediction:
        """Read a prediction.

        Args:
            id: The prediction's ID.

        Raises:
            NotFoundError: If the account has no such prediction.
            APIError, TransportError: If the service cannot be reached.
        """
        return self._new(self._driver.run(read.get(self._driver.sender, id)))

    def cancel(self, id: str) -> Prediction:
        """Cancel a prediction and return it. If it has already ended, nothing happens.

        Args:
            id: The prediction's ID.

        Raises:
            NotFoundError: If the account has no such prediction.
            APIError, TransportError: If the service cannot be reached.
        """
        return self._new(self._driver.run(read.cancel(self._driver.sender, id)))

    def list(self) -> Iterator[Prediction]:
        """Iterate over all predictions of the account, newest first; pages are read as they are needed.

        Raises:
            APIError, TransportError: If the service cannot be reached.

        Example:
            >>> for prediction in client.predictions.list():
            ...     print(prediction.id, prediction.status)
        """
        for page in self.pages():
            yield from page.results

    def pages(self) -> Iterator[Page[Prediction]]:
        """Iterate over the pages of the account's predictions.

        Raises:
            APIError, TransportError: If the service cannot be reached.
            MalformedResponseError: If 100 pages in a row are empty.
        """
        return self._driver.iterate(read.pages(self._driver.sender, self._new))

    def _new(self, model: PredictionModel) -> Prediction:
        return Prediction(model, self._driver)

    def _find(self, body: Mapping[str, Any], sent_at: float) -> Any:
        return self._driver.run(read.find(self._driver.sender, body, sent_at, self._new))


class AsyncPredictions(Unpicklable):
    """The predictions of an `AsyncZeroscope` client's account; see `Predictions`."""

    def __init__(self, driver: AsyncDriver, version: str) -> None:
        self._driver = driver
        self._version = version

    async def create(
        self, input: PredictionInputDict | Mapping[str, Any], **options: Unpack[CreateOptions]
    ) -> AsyncPrediction:
        """Start a prediction and return it at once; see `Predictions.create`."""
        return self._new(await self._driver.run(create(self._driver.sender, self._version, input, options)))

    async def get(self, id: str) -> AsyncPrediction:
        """Read a prediction; see `Predictions.get`."""
        return self._new(await self._driver.run(read.get(self._driver.sender, id)))

    async def cancel(self, id: str) -> AsyncPrediction:
        """Cancel a prediction and return it; see `Predictions.cancel`."""
        return self._new(await self._driver.run(read.cancel(self._driver.sender, id)))

    async def list(self) -> AsyncIterator[AsyncPrediction]:
        """Iterate over all predictions of the account, newest first; see `Predictions.list`."""
        async for page in self.pages():
            for prediction in page.results:
                yield prediction

    def pages(self) -> AsyncIterator[Page[AsyncPrediction]]:
        """Iterate over the pages of the account's predictions; see `Predictions.pages`."""
        return self._driver.iterate(read.pages(self._driver.sender, self._new))

    def _new(self, model: PredictionModel) -> AsyncPrediction:
        return AsyncPrediction(model, self._driver)

    async def _find(self, body: Mapping[str, Any], sent_at: float) -> Any:
        return await self._driver.run(read.find(self._driver.sender, body, sent_at, self._new))
