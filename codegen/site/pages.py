"""The generated pages of the site, by their paths in it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from codegen.document.yaml import load

from .api import api_pages
from .command import command_page
from .links import ROOT, SPEC, SPEC_PAGE
from .messages import messages_page
from .openapi import document_page
from .settings import settings_page
from .sources import source_pages

ASSETS = Path(__file__).with_name("assets")
"""The folder of the site's own script and style sheet."""

_CONTROL = ROOT / "mock" / "zeroscope_mock" / "documents" / "control.json"


@cache
def generated_pages() -> dict[str, str]:
    """The Markdown of each generated page."""
    spec = load((ROOT / SPEC).read_text(encoding="utf-8"))
    control = json.loads(_CONTROL.read_text(encoding="utf-8"))
    return {
        "reference/command.md": command_page(),
        "reference/mock-settings.md": settings_page(),
        "reference/messages.md": messages_page(),
        "reference/control.md": document_page(
            control,
            "Operations under /_mock/",
            "The operations under `/_mock/`, as the mock server describes them at `/_mock/openapi.json`. "
            "[Control the mock server over HTTP](../control.md) has examples.",
            prefix="/_mock",
        ),
        SPEC_PAGE: document_page(
            spec,
            "openapi.yaml",
            "The API as the spec describes it, with the reasons where it differs from the published description. "
            "[Changing the spec](../changing-the-spec.md) says how it is changed.",
        ),
        **{page.path: page.text for page in api_pages()},
        **source_pages(),
    }
