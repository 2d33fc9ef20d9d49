"""The environment variables that are read."""

from __future__ import annotations

TOKEN_VARIABLE = "REPLICATE_API_TOKEN"
BASE_URL_VARIABLE = "ZEROSCOPE_BASE_URL"
