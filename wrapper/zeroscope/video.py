"""A video that the model made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import _download
from ._drive import AsyncDriver, SyncDriver
from .errors import ConfigurationError

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
    try:
        name = "" if url[:5].lower() == "data:" else urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        return position
    found = _INDEX.search(name)
    return int(found[1]) if found else position


@dataclass(frozen=True)
class _Source:
    url: str
    """Where the video is; the service removes it after an hour."""
    index: int
    """Its number among the videos of the prediction, from 0."""
    _driver: Any = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        url = self.url if len(self.url) <= 120 else self.url[:119] + "…"
        return f"<{type(self).__name__} {self.index} {url}>"

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "index": self.index, "_driver": None}

    def _need_driver(self) -> Any:
        if self._driver is None:
            raise ConfigurationError(f"{self!r} has no client; get its prediction anew with client.predictions.get(id)")
        return self._driver


class Video(_Source):
    """A video of a `Zeroscope` client's prediction."""

    _driver: SyncDriver | None

    def read(self) -> bytes:
        """Fetch the video.

        Returns:
            The bytes of an MP4 file.

        Raises:
            APIError: If the server refuses it; NotFoundError once it is removed.
            TransportError: If the download is cut short.
        """
        driver: SyncDriver = self._need_driver()
        return driver.run(_download.read(self.url))

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Fetch the video into a file, which appears only when it is complete.

        Args:
            path: The file.
            overwrite: Whether a file of this name is replaced.

        Returns:
            The path.

        Raises:
            FileExistsError: If there is a file of this name.
            FileNotFoundError: If the folder does not exist.
            APIError: If the server refuses the video; NotFoundError once it is removed.
            TransportError: If the download is cut short.

        Example:
            >>> videos[0].save("astronaut.mp4")
            PosixPath('astronaut.mp4')
        """
        driver: SyncDriver = self._need_driver()
        return driver.run(_download.save(self.url, path, overwrite))


class AsyncVideo(_Source):
    """A video of an `AsyncZeroscope` client's prediction; see `Video`."""

    _driver: AsyncDriver | None

    async def read(self) -> bytes:
        """Fetch the video; see `Video.read`."""
        driver: AsyncDriver = self._need_driver()
        return await driver.run(_download.read(self.url))

    async def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Fetch the video into a file; see `Video.save`."""
        driver: AsyncDriver = self._need_driver()
        return await driver.run(_download.save(self.url, path, overwrite))
