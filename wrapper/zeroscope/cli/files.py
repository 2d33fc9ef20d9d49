"""The files in which the command saves videos."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape as escape_glob
from glob import glob
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from cyclopts import Parameter, Token

from .._disk.media_types import guess_type
from .._disk.outputs import file_name, make_folder, require_writable
from .._text import escape, excerpt
from .errors import CommandError, command
from .options import OPTIONS

if TYPE_CHECKING:
    from ..prediction import Prediction

_SUFFIX = ".mp4"
_VIDEO_TYPES = frozenset({"video/mp4", "video/x-m4v"})
_STDOUT = "-"
# Examples of the values that a template may name.
_FIELDS = {"id": "", "index": 0, "seed": ""}
# No path has it.
_MARK = "\0"


@dataclass(frozen=True)
class Target:
    """The files that `--output` names; by default one for each video, called after its prediction's ID."""

    template: str = f"{{id}}{_SUFFIX}"
    """The path of each file, with ``{id}``, ``{index}`` and ``{seed}``; ``-`` for stdout."""
    makes_folder: bool = False
    """Whether a missing folder is made."""
    added_suffix: bool = False
    """Whether the suffix was added to the path as it was given."""

    @classmethod
    def parse(cls, text: str) -> Target:
        """Return the target for the value of the option: a file, a folder, a template, or ``-`` for stdout.

        Raises:
            CommandError: If it has an unknown name in braces, or the suffix of another kind of file.
        """
        if text == _STDOUT:
            return cls(_STDOUT)
        if not text.strip():
            raise CommandError("--output is empty; name a file or a folder")
        if text.startswith("-"):
            raise CommandError(f"--output {text}: name a file or a folder, and write ./{text} for a name like that")
        _check_template(text)
        # Within quotes, the shell leaves the tilde alone.
        path = Path(text).expanduser()
        if path.is_dir() or text.endswith(("/", os.sep)):
            return cls(str(path / cls.template), makes_folder=True)
        makes_folder = bool(_names(text))
        kind = guess_type(b"", path.name)
        # A device or a pipe keeps its name, so that it is refused by it.
        if kind in _VIDEO_TYPES or (path.exists() and not path.is_file()):
            return cls(str(path), makes_folder)
        if kind.startswith(("audio/", "image/", "video/")):
            raise CommandError(
                f"{text}: the videos are MP4 files; end the name with {_SUFFIX} instead of {path.suffix}"
            )
        return cls(f"{path}{_SUFFIX}", makes_folder, added_suffix=True)

    @property
    def is_stdout(self) -> bool:
        """Whether the video is written to stdout."""
        return self.template == _STDOUT

    def check(self, videos: int, *, overwrite: bool, predictions: int = 1, json: bool = False) -> None:
        """Check that the videos can be saved, before anything is paid for.

        Args:
            videos: The number of videos that each prediction makes.
            overwrite: Whether existing files are replaced.
            predictions: The number of predictions.
            json: Whether JSON is printed on stdout.

        Raises:
            OSError: If a file exists and may not be replaced, or its folder is missing or cannot be written.
            CommandError: If stdout cannot take the video.
        """
        if self.is_stdout:
            _check_stdout(videos * predictions, json)
            return
        if self.added_suffix:
            print(f"zeroscope: --output has no suffix, so {_SUFFIX} is added to it", file=sys.stderr)
        folder = Path(self.template).parent
        # Other names are known once the predictions are.
        if not _names(self.template) & {"id", "seed"}:
            for path in self.paths("", None, range(videos * predictions), videos, predictions):
                if path.parent.is_dir() or not self.makes_folder:
                    require_writable(path, overwrite)
        if self.makes_folder:
            folder = next(found for found in (folder, *folder.parents) if os.path.lexists(found))
            if not folder.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "this is not a folder", str(folder))
        try:
            # The only reliable test for whether a file can be created is to create one.
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise PermissionError(error.errno, "no file can be saved in this folder", str(folder)) from error

    def paths(
        self, id: str, seed: int | None, indexes: Sequence[int], videos: int = 1, predictions: int = 1
    ) -> list[Path]:
        """Return the path of each video of a prediction.

        A template that would name several videos alike gets their number before the suffix.

        Args:
            id: The prediction's ID.
            seed: Its seed, if it is known.
            indexes: The number of each of its videos, among those of all predictions.
            videos: How many videos each prediction makes.
            predictions: The number of predictions.
        """
        template, names = self.template, _names(self.template)
        if "index" not in names and (videos > 1 or (predictions > 1 and "id" not in names)):
            path = Path(template)
            template = str(path.with_name(f"{path.stem}-{{index}}{path.suffix}"))
        known = _known(id, seed)
        return [Path(template.format(**known, index=index)) for index in indexes]

    @property
    def is_numbered(self) -> bool:
        """Whether the template itself numbers the videos."""
        return "index" in _names(self.template)

    def existing(self) -> list[str]:
        """Return the files that there are for any predictions, whatever their numbers."""
        anything = dict.fromkeys(_FIELDS, _Anything())
        return glob("*".join(map(escape_glob, self.template.format(**anything).split(_MARK))))

    def under_other_numbers(self, existing: Sequence[str], id: str, seed: int | None, videos: int) -> list[Path]:
        """Return the files that a prediction's videos have among those existing; empty if not all are there."""
        known = _known(id, seed)
        parts = self.template.format(**known, index=_Anything()).split(_MARK)
        form = re.compile(r"(\d+)".join(map(re.escape, parts)))
        # Most files are of other predictions, which this tells faster.
        matches = [form.fullmatch(path) for path in existing if known["id"] in path]
        found = {int(match[1]): Path(match[0]) for match in matches if match}
        for first in sorted(found):
            # The numbers of a prediction's videos follow each other.
            if found.keys() >= (numbers := set(range(first, first + videos))):
                return [found[number] for number in sorted(numbers)]
        return []

    def save(
        self, prediction: Prediction, *, overwrite: bool, position: int = 0, videos: int = 1, predictions: int = 1
    ) -> list[Path]:
        """Save all videos of a prediction, and return their files; none for stdout.

        Args:
            prediction: The prediction, which has succeeded.
            overwrite: Whether existing files are replaced.
            position: The prediction's position among the predictions, from 0.
            videos: The number of videos that each prediction makes.
            predictions: The number of predictions.
        """
        made = prediction.videos
        number = max(len(made), videos if predictions > 1 else 1)
        try:
            if self.is_stdout:
                _check_stdout(len(made))
                made[0].save(sys.stdout.buffer)
                return []
            indexes = [position * number + index for index in range(len(made))]
            paths = self.paths(prediction.id, prediction.seed, indexes, number, predictions)
            saved = []
            for video, path in zip(made, paths, strict=True):
                if self.makes_folder:
                    make_folder(path.parent)
                saved.append(video.save(path, overwrite=overwrite))
            return saved
        except BaseException as error:
            error.add_note(
                f"Prediction {excerpt(prediction.id)} succeeded; save its videos within the hour with: "
                f"{command('wait', prediction.id)} --output FILE"
            )
            raise


def _parsed(_: object, tokens: Sequence[Token]) -> Target:
    return Target.parse(tokens[0].value)


_OUTPUT = Parameter(
    name=["--output", "-o"],
    group=OPTIONS,
    converter=_parsed,
    n_tokens=1,
    accepts_keys=False,
    # For `-` itself.
    allow_leading_hyphen=True,
    metavar="PATH",
)
if TYPE_CHECKING:
    Output = Annotated[Target | None, _OUTPUT]
else:
    # Shells complete files where a path is among the types.
    Output = Annotated[Target | Path | None, _OUTPUT]


class _Anything:
    """Stands in a template for what a name of it may be, in any format."""

    def __format__(self, _: str) -> str:
        return _MARK


def _known(id: str, seed: int | None) -> dict[str, str]:
    """Return what a template has for a prediction besides the index."""
    # The service chooses the ID, which may be a path.
    safe = file_name(quote(id, safe="", errors="replace"), 0).removesuffix(_SUFFIX)
    return {"id": safe, "seed": "unknown" if seed is None else str(seed)}


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _check_template(template: str) -> None:
    known = ", ".join(f"{{{name}}}" for name in _FIELDS)
    try:
        unknown = sorted(_names(template) - _FIELDS.keys())
        if not unknown:
            template.format(**_FIELDS)
            return
    except (ValueError, LookupError) as error:
        raise CommandError(f"{template}: {error}; in braces, names may have {known}, and {{{{ is a brace") from error
    raise CommandError(f"{template}: there is no {{{escape(unknown[0])}}}; there are {known}, and {{{{ is a brace")


def _check_stdout(count: int, json: bool = False) -> None:
    if count != 1:
        raise CommandError(f"--output - writes exactly one video to stdout, and there are {count}; name a file")
    if json:
        raise CommandError("--output - writes the video to stdout, where --json prints; name a file")
    if sys.stdout.isatty():
        raise CommandError("--output - writes the video to stdout, which is a terminal; redirect it, or name a file")
