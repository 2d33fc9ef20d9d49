"""The error messages in the code of the packages, and the page that lists them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from .links import ROOT
from .schemas import cell

PACKAGES = {
    "The client and the command": "wrapper/zeroscope",
    "The mock server": "mock/zeroscope_mock",
    "The conformance suite": "conformance/zeroscope_conformance",
}
"""The folders whose messages are listed, by title."""

# Programs meet these as results of operators and protocols, and messages of them say nothing to a user.
_INTERNAL = ("AttributeError", "KeyError", "RecursionError")
_INTRODUCTION = """# Error messages

This page lists the messages of errors and notes in the code, so that the search finds them. `…` stands for what
differs. [Troubleshooting](../troubleshooting.md) explains those that users meet most, and
[Waiting and errors](../waiting-and-errors.md#errors) the error classes.
"""


class Message(NamedTuple):
    """A message in the code."""

    text: str
    """The message, with `…` for what differs."""
    kind: str
    """The error class; `note` for what is added to an error; empty where a helper chooses the class."""


def messages_page() -> str:
    """The page."""
    parts = [_INTRODUCTION]
    for title, folder in PACKAGES.items():
        rows = [f"| {_escaped(text)} | {f'`{kind}`' if kind else ''} |" for text, kind in messages(folder)]
        parts.append(f"## {title}\n\n| message | error |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


@cache
def messages(folder: str) -> tuple[Message, ...]:
    """The messages of a package, sorted by their first words."""
    found = {
        message
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for message in _messages(node)
    }
    return tuple(sorted(found, key=lambda message: (message.text.lstrip("… '`").lower(), message.kind)))


def _messages(call: ast.Call) -> Iterator[Message]:
    """The messages that a call makes an error or a note of."""
    name = ast.unparse(call.func).rpartition(".")[2]
    if name == "add_note":
        kind = "note"
    elif re.fullmatch(r"_?[A-Z]\w*(Error|Redirects|Timeout|Protocol)", name) and name not in _INTERNAL:
        kind = "" if name.startswith("_") else name
    elif name in ("_error", "_malformed", "_failure", "_too_large", "_damaged", "invalid_argument", "problem"):
        kind = ""
    else:
        return
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        text = _text(argument)
        if len(re.findall(r"[A-Za-z]{2,}", text)) > 2:
            yield Message(text, kind)


def _text(node: ast.expr) -> str:
    """A string as it is written, with `…` for each value in it; empty for anything else."""
    return re.sub("…+", "…", " ".join(_raw(node).split()))


def _raw(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_raw(part) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (_raw(node.left) or "…") + (_raw(node.right) or "…")
    return ""


def _escaped(text: str) -> str:
    """A message as text of a cell, none of which is Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>#&{}])", lambda special: f"&#{ord(special[1])};", cell(text).replace("\\|", "&#124;"))
