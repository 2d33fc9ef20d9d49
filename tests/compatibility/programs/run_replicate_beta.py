"""Performs calls with the beta of the official Python client, also strict."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from compatibility.programs.calls import serve

replicate: Any = import_module("replicate")
base_url = os.environ["BASE_URL"]

serve(
    {
        "replicate": replicate,
        "client": replicate.Replicate(base_url=base_url),
        "strict": replicate.Replicate(base_url=base_url, _strict_response_validation=True),
        "async_client": replicate.AsyncReplicate(base_url=base_url),
        "unauthorized": replicate.Replicate(base_url=base_url, bearer_token="r8_another-token"),
    }
)
