"""A video that the model made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._steps import Flow
from .errors import ConfigurationError, ZeroscopeError
from .options import OnProgress

if TYPE_CHECKING:
    from .client import AsyncZeroscope, Zeroscope
    from .prediction import AsyncPrediction, Prediction
    from .state import PredictionState

# What a browser plays; a link of another kind may well be a script.
_SHOWN = re.compile("(?:https?|data):", re.IGNORECASE)
_INDEX = re.compile(r"(?<!\d)(\d{1,9})\.[A-Za-z0-9]+$")


def sources(output: object) -> list[tuple[int, str]]:
    """The videos in an output, as pairs of index and URL, in order.

    The service names the files ``output-N.mp4`` and lists them in any order (read in the model's repository).

    Args:
        output: A prediction's output, whatever it is.
    """
    urls = output if isinstance(output, list) else [output]
    texts = [url for url in urls if isinstance(url, str) and url]
    return sorted((_index(url, position), url) for position, url in enumerate(texts))


def _index(url: str, position: int) -> int:
    # Loaded with the first video, like all that has to do with files.
    from ._disk import outputs as _targets

    found = _INDEX.search(_targets.last_path_segment(url))
    return int(found[1]) if found else position


@contextmanager
def about(prediction: PredictionState | None) -> Iterator[None]:
    """Let every error tell which prediction it is about, so that no paid job is lost."""
    try:
        yield
    except ZeroscopeError as error:
        error._prediction = error._prediction or prediction
        raise


@dataclass(frozen=True)
class _Source:
    url: str
    """Where the video is; the service removes it after an hour."""
    index: int
    """Its number among the videos of the prediction, from 0."""
    _client: Any = field(default=None, repr=False, compare=False)
    prediction: Any = field(default=None, repr=False, compare=False)
    """The prediction that made it; None for one made by hand."""

    @property
    def name(self) -> str:
        """The name of its file in the URL, made safe for any folder and system, such as ``output-0.mp4``."""
        from ._disk import outputs as _targets

        return _targets.file_name(self.url, self.index)

    def __repr__(self) -> str:
        url = self.url if len(self.url) <= 120 else self.url[:119] + "…"
        return f"<{type(self).__name__} {self.index} {url}>"

    def _repr_html_(self) -> str:
        """The video itself, as a notebook shows it."""
        if not _SHOWN.match(self.url):
            return f"<code>{_escaped(repr(self))}</code>"
        return f'<video controls src="{_escaped(self.url)}"></video>'

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "index": self.index, "_client": None, "prediction": self.prediction}

    def _need_client(self) -> Any:
        if self._client is None:
            raise ConfigurationError(f"{self!r} has no client; get its prediction anew with client.predictions.get(id)")
        return self._client

    def _reading(self) -> Flow[bytes]:
        """The flow that fetches the video."""
        with about(self.prediction):
            from ._flows import download as _download

            return (yield from _download.read(self._need_client()._sender, self.url))

    def _saving(self, path: str | PathLike[str], overwrite: bool, on_progress: OnProgress | None) -> Flow[Path]:
        """The flow that fetches the video into a file."""
        with about(self.prediction):
            from ._flows import download as _download

            sender = self._need_client()._sender
            return (yield from _download.save(sender, self.url, path, overwrite, on_progress))


class Video(_Source):
    """A video of a `Zeroscope` client's prediction.

    Two are equal when they have the same URL and index. It can be pickled; what comes back has no client. In a notebook
    it shows itself.
    """

    _client: Zeroscope | None
    prediction: Prediction | None

    def read(self) -> bytes:
        """Fetch the video.

        What breaks off is taken up again where it ended, as `save` does.

        Returns:
            The bytes of an MP4 file.

        Raises:
            APIError: If the server refuses it; NotFoundError once it is removed, an hour after it was made.
            TransportError: If the download does not come about, or is cut short again and again.
        """
        client: Zeroscope = self._need_client()
        return client._driver.run(self._reading())

    def save(
        self, path: str | PathLike[str], *, overwrite: bool = False, on_progress: OnProgress | None = None
    ) -> Path:
        """Fetch the video into a file, which appears only when it is complete.

        After connection errors, timeouts, 408, 429 and 5xx it is asked for again, as the client's `retry` says;
        attempts count anew whenever more of it has come. What broke off is taken up where it ended, if the server can
        tell that the file is still the same, and fetched from its beginning otherwise.

        No token is sent, but for one more try where ``replicate.delivery`` itself answers 401 or 403.

        Args:
            path: The file.
            overwrite: Whether a file of this name is replaced.
            on_progress: Called with the bytes that have come and those that there are, None where the server does not
                say; the first number falls where the download has to begin anew. If it raises, the download ends with
                its error, and nothing is left of it.

        Returns:
            The path.

        Raises:
            FileExistsError: If there is a file of this name.
            FileNotFoundError: If the folder does not exist.
            APIError: If the server refuses the video; NotFoundError once it is removed, an hour after it was made.
            TransportError: If the download does not come about, or is cut short again and again.

        Example:
            >>> videos[0].save("astronaut.mp4")
            PosixPath('astronaut.mp4')
        """
        client: Zeroscope = self._need_client()
        return client._driver.run(self._saving(path, overwrite, on_progress))


class AsyncVideo(_Source):
    """A video of an `AsyncZeroscope` client's prediction; see `Video`."""

    _client: AsyncZeroscope | None
    prediction: AsyncPrediction | None

    async def read(self) -> bytes:
        """Fetch the video; see `Video.read`."""
        client: AsyncZeroscope = self._need_client()
        return await client._driver.run(self._reading())

    async def save(
        self, path: str | PathLike[str], *, overwrite: bool = False, on_progress: OnProgress | None = None
    ) -> Path:
        """Fetch the video into a file; see `Video.save`."""
        client: AsyncZeroscope = self._need_client()
        return await client._driver.run(self._saving(path, overwrite, on_progress))


def _escaped(text: str) -> str:
    """A text for HTML, without the halves of characters that no encoding takes."""
    import html

    return html.escape(text.encode("utf-8", errors="replace").decode())
