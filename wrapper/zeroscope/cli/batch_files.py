"""Files of a batch: those of its videos, and its journal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from .._text import escape
from ..errors import ConfigurationError
from .batch_input import Line
from .embedded_mock import EmbeddedMock
from .errors import CommandError
from .files import Target
from .json_values import STDIN


class Recorded(NamedTuple):
    """The content of a journal, compared with the inputs of a run."""

    lines: int
    """How many of the inputs are not created again."""
    has_others: bool
    """Whether anything was created at all."""


def target_of(file: str, output: Target | None) -> Target:
    """Return where the videos are saved: as --output says, else beside the file of the inputs."""
    if output is None:
        path = Path(file).expanduser()
        folder = Path() if file == STDIN else path.with_name(f"{path.stem}-videos")
        # A file may have braces in its name.
        return Target(str(Path(re.sub(r"[{}]", r"\g<0>\g<0>", str(folder))) / Target.template), makes_folder=True)
    if "{id}" not in output.template:
        raise CommandError(
            f"--output {output.template} lacks {{id}}, by which another run knows what is saved; or name a folder, and "
            "end it with a slash"
        )
    return output


def journal_of(file: str, journal: Path | None, output: Target | None, embedded: EmbeddedMock) -> Path | None:
    """Return the journal: as --journal says, else beside the file of the inputs; none with --mock."""
    if embedded.mock:
        if journal is not None:
            raise CommandError(
                "--journal is of no use with --mock, whose server ends with the command; start `zeroscope mock` and "
                "pass its --base-url instead"
            )
        return None
    if journal is not None:
        journal = journal.expanduser()
        if file != STDIN and os.path.realpath(journal) == os.path.realpath(Path(file).expanduser()):
            raise CommandError(f"--journal {journal} is the file of the inputs; name another file")
        return journal
    if file != STDIN:
        path = Path(file).expanduser()
        return path.with_name(f"{path.name}.journal")
    if output is not None and "{" not in (folder := os.path.dirname(output.template)):
        return Path(folder, "batch.journal")
    raise CommandError("the standard input has no place for a journal; name one with --journal, or a folder with -o")


def recorded(journal: Path, lines: Sequence[Line], base_url: str) -> Recorded:
    """Compare a journal with inputs; it stays as it is.

    Raises:
        ConfigurationError: If it cannot be used.
    """
    # SQLite takes long to load.
    from .._disk.journal import BatchJournal
    from .._disk.journal_copy import copy_journal

    with TemporaryDirectory() as folder:
        # A journal adds what it does not know.
        copy = os.path.realpath(Path(folder, "journal"))
        try:
            # One that cannot be read now tells by itself why.
            if not journal.is_file() or not copy_journal(journal, Path(copy)):
                copy = str(journal)
            with closing(BatchJournal(copy, base_url=base_url)) as found:
                claims = found.claims(())
                entries = found.load([line.identity for line in lines])
        except ConfigurationError as error:
            raise ConfigurationError(str(error).replace(copy, str(journal))) from error
    return Recorded(sum(entry.state != "queued" for entry in entries), bool(claims.predictions or claims.sent_at))


def warn_of_others(lines: Sequence[Line], journal: Path, base_url: str) -> None:
    """Tell before anything is paid for that a journal is of other inputs, such as the same with another option."""
    # The run itself reports a journal that cannot be used.
    with suppress(ConfigurationError, OSError):
        found = recorded(journal, lines, base_url)
        if found.has_others and not found.lines:
            text = (
                f"zeroscope: {journal} knows none of the inputs, so all are paid for; other fields make another input"
            )
            print(escape(text), file=sys.stderr)
