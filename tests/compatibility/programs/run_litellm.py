"""Performs calls with LiteLLM, which always sends to the service's host."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from compatibility.programs.calls import serve

litellm: Any = import_module("litellm")
litellm.suppress_debug_info = True

serve({"litellm": litellm})
