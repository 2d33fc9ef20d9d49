"""The absolute URLs in responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlencode

from .spec import Spec

WEBSITE = "https://replicate.com"
"""The address of the service's website, where every prediction has a page (the service's changelog, May 2025)."""


# Not frozen: one is made for every request, and frozen dataclasses take three times as long to make.
@dataclass(slots=True)
class Links:
    """The URLs in the response to one request.

    Args:
        spec: The document, which has the paths.
        base_url: Scheme, host and mount under which the request came.
        prefix: The part between them and the document's path, such as `/v1`.
        site: Whether a prediction has a page on the service's website.
    """

    spec: Spec
    base_url: str
    prefix: str
    site: bool = True

    def operation(self, operation_id: str, **arguments: str) -> str:
        """The URL of an operation."""
        return f"{self.base_url}{self.prefix}{self.spec.path(operation_id, **arguments)}"

    def prediction(self, prediction_id: str) -> str:
        """The URL that reads a prediction."""
        return self._of_prediction("getPrediction", prediction_id)

    def cancel(self, prediction_id: str) -> str:
        """The URL that cancels a prediction."""
        return self._of_prediction("cancelPrediction", prediction_id)

    def stream(self, prediction_id: str) -> str:
        """The URL of a prediction's event stream."""
        return self._of_prediction("streamPrediction", prediction_id)

    def page_of(self, prediction_id: str) -> str | None:
        """The URL of a prediction's page on the service's website; None if it has none."""
        return f"{WEBSITE}/p/{prediction_id}" if self.site else None

    def output(self, prediction_id: str, index: int, suffix: str) -> str:
        """The URL of one of a prediction's files, counted from 0."""
        return self.operation("getOutput", prediction_id=prediction_id, filename=f"output-{index}.{suffix}")

    def file(self, file_id: str) -> str:
        """The URL of a file's metadata."""
        return self.operation("getFile", file_id=file_id)

    def page(self, operation_id: str, cursor: str | None, filters: Mapping[str, str] | None = None) -> str | None:
        """The URL of a page of a list; None without a cursor.

        Args:
            filters: The other parameters of the list.
        """
        if cursor is None:
            return None
        query = urlencode({**(filters or {}), "cursor": cursor}, quote_via=quote)
        return f"{self.operation(operation_id)}?{query}"

    def _of_prediction(self, operation_id: str, prediction_id: str) -> str:
        # Every prediction has several of these URLs, and its id needs no quoting.
        before, after = _around_id(self.spec.path(operation_id))
        return f"{self.base_url}{self.prefix}{before}{prediction_id}{after}"


@lru_cache(maxsize=100)
def _around_id(path: str) -> tuple[str, str]:
    """The parts of an operation's path before and after the id of a prediction."""
    before, _, after = path.partition("{prediction_id}")
    return before, after
