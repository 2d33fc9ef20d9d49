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
from .options import CreateOptions, ListOptions
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

    def list(self, **options: Unpack[ListOptions]) -> Iterator[Prediction]:
        """Iterate over the predictions of the account, newest first; pages are read as they are needed.

        Args:
            options: As listed in `ListOptions`: created_after, created_before, source, cursor. Without them, all
                predictions are listed.

        Raises:
            InvalidInputError: If the spec forbids an option, as it does a time without a time zone; nothing was sent.
            APIError, TransportError: If the service cannot be reached.

        Example:
            >>> yesterday = datetime.now(UTC) - timedelta(days=1)
            >>> for prediction in client.predictions.list(created_after=yesterday):
            ...     print(prediction.id, prediction.status)
        """
        return (prediction for page in self.pages(**options) for prediction in page.results)

    def pages(self, **options: Unpack[ListOptions]) -> Iterator[Page[Prediction]]:
        """Iterate over the pages of the account's predictions.

        Args:
            options: As of `list`.

        Raises:
            InvalidInputError: If the spec forbids an option; nothing was sent.
            APIError, TransportError: If the service cannot be reached.
            MalformedResponseError: If 100 pages in a row are empty.
        """
        return self._driver.iterate(read.pages(self._driver.sender, self._new, options))

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

    def list(self, **options: Unpack[ListOptions]) -> AsyncIterator[AsyncPrediction]:
        """Iterate over the predictions of the account, newest first; see `Predictions.list`."""
        return (prediction async for page in self.pages(**options) for prediction in page.results)

    def pages(self, **options: Unpack[ListOptions]) -> AsyncIterator[Page[AsyncPrediction]]:
        """Iterate over the pages of the account's predictions; see `Predictions.pages`."""
        return self._driver.iterate(read.pages(self._driver.sender, self._new, options))

    def _new(self, model: PredictionModel) -> AsyncPrediction:
        return AsyncPrediction(model, self._driver)

    async def _find(self, body: Mapping[str, Any], sent_at: float) -> Any:
        return await self._driver.run(read.find(self._driver.sender, body, sent_at, self._new))
