"""A program up to its first prediction, which then prints its memory, in KiB.

It is run by its path and imports only what it needs, as a user's program does.

Usage: python first_request.py httpx|replicate|zeroscope URL FILE, the response for the URL
"""

from __future__ import annotations

import sys
from typing import Any

NAME, URL, FILE = sys.argv[1:]
ID = URL.rpartition("/")[2]


def transport() -> Any:
    """Return a transport that always returns the prediction."""
    import httpx

    with open(FILE, "rb") as file:
        body = file.read()
    return httpx.MockTransport(lambda request: httpx.Response(200, content=body))


def first_status() -> Any:
    """Return the status of the first prediction, read with a new client."""
    match NAME:
        case "zeroscope":
            import httpx

            from zeroscope import Zeroscope

            client = Zeroscope("a-token", http_client=httpx.Client(transport=transport()))
            return client.predictions.get(ID).status
        case "replicate":
            from replicate.client import Client

            return Client(api_token="a-token", transport=transport()).predictions.get(ID).status
        case _:
            import httpx

            return httpx.Client(transport=transport()).get(URL).raise_for_status().json()["status"]


assert first_status() == "succeeded"
with open("/proc/self/status") as status:
    print(status.read().partition("VmRSS:")[2].split()[0])
