"""Performs calls with LangChain's model class for Replicate."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from compatibility.programs.calls import serve

llms: Any = import_module("langchain_community.llms")

serve({"Replicate": llms.Replicate})
