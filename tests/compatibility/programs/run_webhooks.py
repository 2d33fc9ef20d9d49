"""Verifies webhooks with the libraries standardwebhooks and svix."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from compatibility.programs.calls import serve

standardwebhooks: Any = import_module("standardwebhooks.webhooks")
svix: Any = import_module("svix.webhooks")

serve({"standardwebhooks": standardwebhooks, "svix": svix})
