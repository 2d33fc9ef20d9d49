"""Rules of uploaded files."""

from __future__ import annotations

from .conditions import has_operation
from .rule import LIVE_ONLY, Rule

_has_uploads = has_operation("createFile")

RULES = (
    Rule(
        "file-described",
        "`urls.get` of a file responds with its description, and without a token with a 401.",
        "Clients read the description there; a program that merely sees the URL in an input must not.",
        applies_to=_has_uploads,
        dialects=LIVE_ONLY,
    ),
    Rule(
        "file-digests",
        "The size and the digests of a file are those of its content, and `etag` is the MD5 digest.",
        "Programs find out from them whether an upload arrived unharmed.",
        applies_to=_has_uploads,
        dialects=LIVE_ONLY,
    ),
    Rule(
        "file-expires",
        "A file expires as long after its creation as the document says.",
        "Programs upload it again after that.",
        applies_to=_has_uploads,
        dialects=LIVE_ONLY,
    ),
)
