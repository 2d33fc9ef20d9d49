"""The request journal: the latest exchanges, for tests and people to inspect."""

from .exchange import Exchange, Refusal
from .journal import Journal, News
from .notes import ExchangeNotes

__all__ = ["Exchange", "ExchangeNotes", "Journal", "News", "Refusal"]
