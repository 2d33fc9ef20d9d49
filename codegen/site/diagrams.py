"""Mermaid diagrams as lists, as Mermaid's script would come from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_NODE = r'(\w+)(?:\["([^"]*)"\])?'
_ARROW = re.compile(rf"{_NODE}(?: (?:-->|-\. (.*?) \.->) {_NODE})?")
_MESSAGE = re.compile(r"(\w+)-{1,2}>>(\w+): (.*)")
_PARTICIPANT = re.compile(r"participant (\w+) as (.*)")
_BLOCK = re.compile(r"(alt|else|loop|opt) ?(.*)")
_BLOCKS = {"alt": "If {}:", "else": "Otherwise:", "loop": "Repeatedly, {}:", "opt": "If {}:"}


def diagrams_as_lists(markdown: str) -> str:
    """Replace each diagram by a list of what its arrows say.

    Raises:
        ValueError: For a kind of diagram or a line that is not known.
    """
    return _DIAGRAM.sub(lambda diagram: _list(diagram[1].splitlines()), markdown)


def _list(diagram: list[str]) -> str:
    # The comment keeps a list that follows from going on with this one.
    return "".join(f"{_escaped(line)}\n" for line in _lines(diagram)) + "\n<!-- -->\n"


def _lines(diagram: list[str]) -> Iterator[str]:
    kind, *lines = diagram
    if kind.startswith("flowchart"):
        yield from _flowchart([line.strip() for line in lines])
    elif kind == "sequenceDiagram":
        yield from _sequence([line.strip() for line in lines])
    else:
        raise ValueError(f"the site has no form for the diagram {kind!r}; add one to {__name__}")


def _flowchart(lines: list[str]) -> Iterator[str]:
    arrows = [_match(_ARROW, line) for line in lines]
    labels: dict[str, str] = {}
    for arrow in arrows:
        for name, label in ((arrow[1], arrow[2]), (arrow[4], arrow[5])):
            labels[name] = label or labels.get(name, name)
    for arrow in arrows:
        # A line without an arrow only names a box.
        if arrow[4]:
            meaning = f" ({arrow[3]})" if arrow[3] else ""
            yield f"- {labels[arrow[1]]} →{meaning} {labels[arrow[4]]}"


def _sequence(lines: list[str]) -> Iterator[str]:
    names: dict[str, str] = {}
    indent = ""
    for line in lines:
        if participant := _PARTICIPANT.fullmatch(line):
            names[participant[1]] = participant[2]
        elif line == "end":
            indent = indent[4:]
        elif block := _BLOCK.fullmatch(line):
            indent = indent[4:] if block[1] == "else" else indent
            yield f"{indent}- {_BLOCKS[block[1]].format(block[2])}"
            indent += "    "
        else:
            message = _match(_MESSAGE, line)
            yield f"{indent}- {names[message[1]]} → {names[message[2]]}: {message[3]}"


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    match = pattern.fullmatch(line)
    if match is None:
        raise ValueError(f"the site cannot read the line {line!r} of a diagram; add its form to {__name__}")
    return match


def _escaped(line: str) -> str:
    """A line whose names with underscores are no emphasis."""
    return line.replace("_", "\\_")
