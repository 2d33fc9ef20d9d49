"""Selection of the exchanges of this API from all that were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..document import Document
from ..operation import Operation
from .recorded import Recorded


@dataclass(frozen=True)
class Selection:
    """The exchanges of this API.

    Args:
        exchanges: Those of operations of the document, each with its `operationId`, and those of other hosts.
        unknown: Those that the document lacks, though the API has them: their method and path, and the exchange.
        skipped: The number of the others: those of other services, preflights, and those without a response.
    """

    exchanges: list[Recorded]
    unknown: list[tuple[str, Recorded]]
    skipped: int


class Selector:
    """Finds the operation of a URL, whatever its host.

    Args:
        document: The document with the operations and the servers.
    """

    def __init__(self, document: Document) -> None:
        self._operations = list(document.operations.values())
        servers = [urlsplit(server["url"]) for server in document.raw.get("servers", [])]
        self._hosts = {server.netloc for server in servers}
        self._prefixes = sorted({"", *(server.path.rstrip("/") for server in servers)}, key=len, reverse=True)

    def select(self, recorded: Iterable[Recorded], webhooks: Iterable[str] = ()) -> Selection:
        """Return the exchanges of this API.

        Args:
            recorded: All exchanges.
            webhooks: The URLs of webhooks, whose exchanges belong to the API as well.
        """
        every, hooks = list(recorded), set(webhooks)
        found: list[Recorded] = []
        others: list[Recorded] = []
        hosts = set(self._hosts)
        for one in every:
            # The client aborted the request, or the service cannot be reached.
            operation = self._operation(one) if one.exchange.status else None
            if operation is not None:
                hosts.add(urlsplit(one.exchange.url).netloc)
                found.append(replace(one, exchange=replace(one.exchange, operation=operation.id)))
            elif one.exchange.url in hooks and one.exchange.status:
                found.append(one)
            else:
                others.append(one)
        unknown = [(name, one) for one in others if (name := self._name(one, hosts))]
        return Selection(found, unknown, len(others) - len(unknown))

    def _operation(self, recorded: Recorded) -> Operation | None:
        path = urlsplit(recorded.exchange.url).path
        for prefix in self._prefixes:
            rest = path.removeprefix(prefix).rstrip("/")
            if path.startswith(f"{prefix}/"):
                for operation in self._operations:
                    if operation.method == recorded.exchange.method and operation.is_at(rest):
                        return operation
        return None

    def _name(self, recorded: Recorded, hosts: set[str]) -> str:
        """Return the method and the path of an exchange that belongs to the API; empty if it does not."""
        exchange = recorded.exchange
        url = urlsplit(exchange.url)
        # By such requests, browsers ask whether a page may send another; recordings may lack the headers that say so.
        is_preflight = exchange.method == "OPTIONS"
        if not exchange.status or is_preflight or url.netloc not in hosts:
            return ""
        prefix = next((one for one in self._prefixes if one and url.path.startswith(f"{one}/")), None)
        # Without a prefix, a host may serve anything else as well.
        if prefix is None and url.netloc not in self._hosts:
            return ""
        path = url.path.removeprefix(prefix or "")
        parts = ["{...}" if _is_id(part) else part for part in path.split("/")]
        return f"{exchange.method} {'/'.join(parts)}"


def _is_id(part: str) -> bool:
    return len(part) >= 8 and any(one.isdigit() for one in part)
