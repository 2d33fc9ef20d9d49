"""Performs calls with LlamaIndex's model class for Replicate."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from compatibility.programs.calls import serve

replicate: Any = import_module("llama_index.llms.replicate")
types: Any = import_module("llama_index.core.llms")

serve({"Replicate": replicate.Replicate, "ChatMessage": types.ChatMessage})
