"""The request journal: the latest exchanges, for tests and people to inspect."""

from .exchange import Exchange, Refusal
from .following import Follower, News
from .journal import Journal
from .notes import ExchangeNotes

__all__ = ["Exchange", "ExchangeNotes", "Follower", "Journal", "News", "Refusal"]
