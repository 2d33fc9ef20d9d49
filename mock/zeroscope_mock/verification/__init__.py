"""Assertions about the requests that a server received, and their cost."""

from .assertions import Assertions
from .call import Call, CallHeaders
from .call_count import CallCount
from .cost import Cost, ModelCost
from .json_matchers import MatcherError, read_matchers
from .matchers import anything, contains, equals, regex
from .verifier import VerificationError, verify

__all__ = (
    "Assertions",
    "Call",
    "CallCount",
    "CallHeaders",
    "Cost",
    "MatcherError",
    "ModelCost",
    "VerificationError",
    "anything",
    "contains",
    "equals",
    "read_matchers",
    "regex",
    "verify",
)
