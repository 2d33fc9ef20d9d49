"""A program from its start to its first prediction; it prints the memory that it then holds, in KiB.

Run by its path, with nothing imported but what it is about, as a program of a user's would be.

Usage: python first_request.py httpx|replicate|zeroscope URL FILE, which holds the prediction that is at the URL
"""

from __future__ import annotations

import sys
from typing import Any

NAME, URL, FILE = sys.argv[1:]
ID = URL.rpartition("/")[2]


def transport() -> Any:
    """Answers everything with the prediction."""
    import httpx

    with open(FILE, "rb") as file:
        body = file.read()
    return httpx.MockTransport(lambda request: httpx.Response(200, content=body))


def prediction() -> Any:
    """The status of the first prediction, through a client that is made for it."""
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


assert prediction() == "succeeded"
with open("/proc/self/status") as status:
    print(status.read().partition("VmRSS:")[2].split()[0])
