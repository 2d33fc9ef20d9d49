"""Notes that the parts of the server take on an exchange while they answer it."""

from __future__ import annotations

from .exchange import Refusal


class ExchangeNotes:
    """What the handler of a request tells the journal about it.

    Attributes:
        texts: Notes in words, such as the traceback of a script that raised.
        run: The id of the prediction or training that the request concerns; None if there is none.
        status: The status of that after the exchange, where the response does not show it.
        refusals: The reasons why the request was refused.
    """

    __slots__ = ("refusals", "run", "status", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.run: str | None = None
        self.status: str | None = None
        self.refusals: tuple[Refusal, ...] = ()

    def append(self, text: str) -> None:
        """Add a note in words."""
        self.texts.append(text)
