"""Reads a revision of the document from a file or from git."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from ..document.errors import first_line
from ..document.nullable import convert_nullable
from ..document.validation import validate_document
from ..document.yaml import load

NAME = "openapi.yaml"


class SpecDiffError(Exception):
    """The revisions cannot be compared; the message is one sentence that says what to do."""


def read_base(base: str, root: Path) -> dict[str, Any]:
    """Read the older revision.

    Args:
        base: A file, or a git ref.
        root: The folder of the project, in a git repository.

    Raises:
        SpecDiffError: If there is no such revision, or it is not a valid document.
    """
    return _parse(_read_text(Path(base)) if Path(base).is_file() else _read_git(base, root), base)


def read_file(path: Path, name: str) -> dict[str, Any]:
    """Read a revision from a file.

    Args:
        path: The file.
        name: Its name in messages.

    Raises:
        SpecDiffError: If the file cannot be read, or is not a valid document.
    """
    return _parse(_read_text(path), name)


def read_version(path: Path) -> tuple[int, int, int]:
    """Read the version of the project.

    Raises:
        SpecDiffError: If the file has no version with three numbers.
    """
    numbers = re.search(r'^__version__ = "(\d+)\.(\d+)\.(\d+)', _read_text(path), re.MULTILINE)
    if not numbers:
        raise SpecDiffError(f"{path} has no version with three numbers; write one as 1.2.3")
    major, minor, patch = map(int, numbers.groups())
    return major, minor, patch


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = first_line(error)
        raise SpecDiffError(f"{path} cannot be read ({reason}); name a file with an OpenAPI document") from error


def _read_git(ref: str, root: Path) -> str:
    try:
        # The root may be a folder within a repository.
        command = ["git", "-C", str(root), "show", "--end-of-options", f"{ref}:./{NAME}"]
        shown = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    except FileNotFoundError as error:
        raise SpecDiffError(f"git is not installed, so {ref} cannot be read; install it, or name a file") from error
    if shown.returncode != 0:
        reason = first_line(Exception(shown.stderr)).removeprefix("fatal: ")
        raise SpecDiffError(
            f"{ref!r} is neither a file nor a git ref with {NAME} in it ({reason}); name one, such as HEAD or main"
        )
    return shown.stdout


def _parse(text: str, name: str) -> dict[str, Any]:
    """Parse a valid document, with all keys as strings and `nullable` converted."""
    try:
        found = load(text)
        if not isinstance(found, dict) or not str(found.get("openapi", "")).startswith("3.1"):
            raise SpecDiffError(f"{name} is not an OpenAPI 3.1 document; name one")
        document: dict[str, Any] = json.loads(json.dumps(found, default=str, allow_nan=False))
        # YAML reads a character that JSON escapes as two halves, and half a character is none.
        json.dumps(document, ensure_ascii=False).encode()
        validate_document(document)
    except (TypeError, ValueError) as error:
        raise SpecDiffError(
            f"{name} is not a valid OpenAPI document ({first_line(error)}); correct it first"
        ) from error
    converted: dict[str, Any] = convert_nullable(document)
    return converted
