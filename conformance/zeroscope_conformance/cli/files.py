"""The files that a run writes, each whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from zeroscope._disk.part_file import PartFile
from zeroscope.cli.errors import CommandError

_LAST_RUN = "conformance.json"


def check_files(outputs: Mapping[str, Path | None], inputs: Mapping[str, Sequence[Path]]) -> None:
    """Check that files can be written, before a run of minutes.

    Args:
        outputs: The files to write, by the options that name them.
        inputs: The files to read, by the options that name them.

    Raises:
        CommandError: If one cannot be written, is written twice, or is read, too.
    """
    others = {path.resolve(): f"the file of {option}" for option, paths in inputs.items() for path in paths}
    for option, path in outputs.items():
        if path is None:
            continue
        if not path.parent.is_dir():
            raise CommandError(f"{path}: there is no folder {path.parent}")
        if path.is_dir():
            raise CommandError(f"{option} {path} is a folder, not a file")
        is_special = path.exists() and not path.is_file()
        target = path.resolve()
        if not os.access(path if is_special else target.parent, os.W_OK):
            raise CommandError(f"{option} {path} cannot be written: no permission")
        if is_special:
            continue
        if target in others:
            raise CommandError(f"{option} {path} would overwrite {others[target]}")
        others[target] = f"the file of {option}"


def write_file(path: Path, text: str, mode: int | None = None) -> None:
    """Write a text to a file, or leave the file as it is.

    Args:
        path: The file; a device or a pipe is written to directly.
        text: The text.
        mode: The permissions of the file; by default, those of any new one.
    """
    content = text.encode("utf-8", "backslashreplace")
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    part = PartFile(path, overwrite=True)
    try:
        part.write(content)
        target = part.commit()
    finally:
        part.discard()
    if mode is not None:
        target.chmod(mode)


def last_run_file() -> Path:
    """Return the file of the last run's report, in the user's cache folder."""
    return _cache_folder() / _LAST_RUN


@contextmanager
def hypothesis_in_cache() -> Iterator[None]:
    """Keep the tables that Hypothesis makes in the user's cache folder, not in the current one."""
    from hypothesis.configuration import set_hypothesis_home_dir

    if os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY"):
        yield
        return
    try:
        set_hypothesis_home_dir(_cache_folder() / "hypothesis")
    except RuntimeError:
        # There is no home folder.
        pass
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)


def _cache_folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None)
    default = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return (Path(named) if named else default) / "zeroscope"


def keep_last_run(text: str) -> None:
    """Keep a report for `zeroscope conformance replay`; say so if that is impossible."""
    try:
        path = last_run_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        # What a server has sent is for the user alone.
        write_file(path, text, mode=0o600)
    except (OSError, RuntimeError) as error:
        print(f"zeroscope: this run cannot be replayed without --from, as it was not kept: {error}", file=sys.stderr)


def write_files(texts: Mapping[Path, str]) -> None:
    """Write texts to files."""
    for path, text in texts.items():
        write_file(path, text)
