"""Diagrams as lists."""

from __future__ import annotations

import pytest
from codegen.site.diagrams import diagrams_as_lists

FLOWCHART = """```mermaid
flowchart LR
    door["_doors_/"] --> core["core.py"]
    core -. uses .-> clock
    clock["clocks/"]
```
"""
SEQUENCE = """```mermaid
sequenceDiagram
    participant C as the client
    participant S as the service
    C->>S: create
    alt it was lost
        S-->>C: nothing
    else
        S-->>C: prediction
    end
    loop until it has ended
        C->>S: get
    end
```
"""


@pytest.mark.parametrize(
    ("diagram", "expected"),
    [
        (FLOWCHART, ["- \\_doors\\_/ → core.py", "- core.py → (uses) clocks/", "", "<!-- -->"]),
        (
            SEQUENCE,
            [
                "- the client → the service: create",
                "- If it was lost:",
                "    - the service → the client: nothing",
                "- Otherwise:",
                "    - the service → the client: prediction",
                "- Repeatedly, until it has ended:",
                "    - the client → the service: get",
                "",
                "<!-- -->",
            ],
        ),
        ("```python\nflowchart = 1\n```\n", ["```python", "flowchart = 1", "```"]),
    ],
)
def test_diagram__becomes_a_list(diagram: str, expected: list[str]) -> None:
    """Each arrow is an item, within the blocks that hold it; other code stays."""
    assert diagrams_as_lists(f"Before\n\n{diagram}\nAfter\n").splitlines() == ["Before", "", *expected, "", "After"]


@pytest.mark.parametrize("diagram", ["pie\n", "flowchart TD\n    one ==> two\n", "sequenceDiagram\n    A-xB: no\n"])
def test_unknown_diagram__is_refused(diagram: str) -> None:
    """What has no form on the site is an error, and not lost."""
    with pytest.raises(ValueError, match="the site "):
        diagrams_as_lists(f"```mermaid\n{diagram}```\n")
