"""Names of fields that an option has already, and how such a field is given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from keyword import iskeyword

PREFIX = "--input."
"""The start of an option of the command that is a field, whatever the field's name."""

# Not taken from the TypedDicts and the parser themselves, which lie above; a test compares them.
RUN_OPTIONS = frozenset(
    {"cancel_on_timeout", "deadline", "extra_headers", "extra_input", "on_update", "prefer_wait", "timeout"}
)
"""The options of `run`, which are keyword arguments beside the fields."""
UPSCALE_OPTIONS = RUN_OPTIONS | {"strength"}
"""The options of `upscale`, likewise."""
COMMAND_OPTIONS = frozenset(
    {
        "--base-url",
        "--concurrency",
        "--default-prompt",
        "--dry-run",
        "--format",
        "--help",
        "--journal",
        "--json",
        "--mock",
        "--mock-seed",
        "--mock-speed",
        "--no-stream",
        "--open",
        "--output",
        "--overwrite",
        "--strength",
        "--timeout",
        "--version",
    }
)
"""The options of the commands that take fields; a field has the same option in each of them."""

_PLAIN = re.compile(r"[_-]*[A-Za-z0-9][A-Za-z0-9_-]*")
# Where a word begins within a name such as guidanceScale.
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# The options that turn a flag off, and empty a list.
_NEGATIVES = ("--no-", "--empty-")


def command_options(names: Iterable[str]) -> dict[str, str]:
    """Return the option of the command for each field: `--name`, or `--input.NAME` where that is taken."""
    names = list(dict.fromkeys(names))
    owners = _owners(names)
    return {name: plain if owners.get(plain := _plain(name)) == name else f"{PREFIX}{name}" for name in names}


def reserved_fields(names: Iterable[str]) -> dict[str, str]:
    """Return the fields whose name is taken, each with a sentence that says how the field is given."""
    names = list(dict.fromkeys(names))
    owners, options = _owners(names), command_options(names)
    found: dict[str, str] = {}
    for name, option in options.items():
        ways = []
        if name in UPSCALE_OPTIONS or not name.isidentifier() or iskeyword(name):
            methods = "`run` and `upscale`" if name in RUN_OPTIONS or name not in UPSCALE_OPTIONS else "`upscale`"
            reason = "is an option" if name in UPSCALE_OPTIONS else "cannot be written as a keyword argument"
            literal = json.dumps(name, ensure_ascii=False)
            ways.append(
                f"in {methods}, {name or literal} {reason}, so pass the field as extra_input={{{literal}: ...}}"
            )
        if option.startswith(PREFIX):
            ways.append(f"in the command, the field is {option}, because {_reason(name, owners)}")
        if ways:
            found[name] = "; ".join(ways)
    return found


def _plain(name: str) -> str:
    return "--" + _WORD.sub("-", name).lower().replace("_", "-").strip("-")


def _owners(names: list[str]) -> dict[str, str]:
    """The field that has each plain option: of several, the one that is spelled most like it."""
    owners: dict[str, str] = {}
    # The sort is stable: else, the first of them in the document.
    for name in sorted(names, key=lambda name: _plain(name) != f"--{name.replace('_', '-')}"):
        if _PLAIN.fullmatch(name) and (plain := _plain(name)) not in COMMAND_OPTIONS:
            owners.setdefault(plain, name)
    for plain in [plain for plain in owners if _negated(plain) != plain and _negated(plain) in owners]:
        owners[plain] = owners[_negated(plain)]
    return owners


def _negated(plain: str) -> str:
    """The option that another one turns off or empties by its name; the same for any other."""
    start = next((start for start in _NEGATIVES if plain.startswith(start)), "--")
    return f"--{plain.removeprefix(start)}"


def _reason(name: str, owners: dict[str, str]) -> str:
    plain = _plain(name)
    if not _PLAIN.fullmatch(name):
        return "its name does not consist of ASCII letters, digits, _ and -"
    if plain in COMMAND_OPTIONS:
        return f"{plain} is an option"
    return f"{plain} is for the field {owners[plain]}"
