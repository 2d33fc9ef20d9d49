"""Keeps pytest out of the projects here, which tests/examples runs.

Each project runs in its own folder, as its user runs it.
"""

from __future__ import annotations

collect_ignore = ["any_model", "ported"]
