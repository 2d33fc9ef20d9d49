"""Performs calls with the official Python client, of the versions 0 and 1."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from compatibility.programs.calls import serve

replicate: Any = import_module("replicate")

serve(
    {
        "replicate": replicate,
        "client": replicate.Client(api_token=os.environ["REPLICATE_API_TOKEN"], base_url=os.environ["BASE_URL"]),
        "unauthorized": replicate.Client(api_token="r8_another-token", base_url=os.environ["BASE_URL"]),
    }
)
