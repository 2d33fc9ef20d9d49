"""The navigation of the site, which follows the index of the guides."""

from __future__ import annotations

import re
from typing import Any

from .api import PACKAGES, api_pages
from .links import DOCS, ROOT, SPEC_PAGE

INDEX = "README.md"
"""The index of the guides, which is the first page of the site."""

REFERENCE = {
    "The command": ("reference/command.md", "every command with its arguments and options"),
    "Settings of the mock server": ("reference/mock-settings.md", "what `MockServer` and `zeroscope mock` take"),
    "Operations under /_mock/": ("reference/control.md", "every operation that controls the mock server"),
    "openapi.yaml": (SPEC_PAGE, "the spec: operations, parameters, schemas, and where the service differs"),
    "Error messages": ("reference/messages.md", "every message, with its error class"),
}
"""The generated pages of the reference besides those of the API, by title, with their contents."""

PROJECT = {"Changelog": "repository/CHANGELOG.md", "Contributing": "repository/CONTRIBUTING.md"}
"""The pages about the project, by title."""


def navigation() -> list[dict[str, Any]]:
    """The index, its sections with the pages that they list, the reference and the project."""
    nav: list[dict[str, Any]] = [{"Home": INDEX}]
    index = (ROOT / DOCS / INDEX).read_text(encoding="utf-8")
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        pages = [{name: page} for name, page in re.findall(r"^\| \[([^\]]+)\]\(([\w/-]+\.md)\)", section, re.MULTILINE)]
        nav.append({title: pages})
    nav.append({"Reference": [*({title: page} for title, (page, _) in REFERENCE.items()), *map(_package, PACKAGES)]})
    nav.append({"Project": [{title: page} for title, page in PROJECT.items()]})
    return nav


def reference_table() -> str:
    """The section of the index that lists the reference."""
    rows = [f"| [{title}]({page}) | {contents} |" for title, (page, contents) in REFERENCE.items()]
    rows += [
        f"| [{title}](reference/{package.replace('.', '/')}/index.md) | every public name of `{package}` |"
        for package, title in PACKAGES.items()
    ]
    return "## Reference\n\n| page | contents |\n|---|---|\n" + "\n".join(rows) + "\n"


def _package(package: str) -> dict[str, Any]:
    folder = f"reference/{package.replace('.', '/')}/"
    paths = [page.path for page in api_pages() if page.path.rpartition("/")[0] + "/" == folder]
    index, *others = paths
    return {PACKAGES[package]: [index, *({path.removeprefix(folder).removesuffix(".md"): path} for path in others)]}
