"""The keys that sign the webhooks of an account, which nothing shows."""

from __future__ import annotations

import re

_KEY = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")


def without_keys(text: str) -> str:
    """Return a text with a mask in place of each key."""
    return _KEY.sub("whsec_[secret]", text)
