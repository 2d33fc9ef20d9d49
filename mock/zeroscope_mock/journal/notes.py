"""Notes that the parts of the server take on an exchange while they answer it."""

from __future__ import annotations

from collections.abc import Sequence

from .exchange import Refusal


class ExchangeNotes:
    """What the handler of a request tells the journal about it.

    Attributes:
        number: The number of the exchange, once it is recorded; 0 if it is not.
        texts: Notes in words, such as the traceback of a script that raised.
        run: The id of the prediction or training that the request concerns; None if there is none.
        status: The status of that after the exchange, where the response does not show it.
        refusals: The reasons why the request was refused.
        secrets: The names of the fields of its input that hold secrets.
    """

    # Values of the class, since most requests leave all of them as they are.
    number: int = 0
    texts: Sequence[str] = ()
    run: str | None = None
    status: str | None = None
    refusals: tuple[Refusal, ...] = ()
    secrets: Sequence[str] = ()

    def append(self, text: str) -> None:
        """Add a note in words."""
        self.texts = [*self.texts, text]
