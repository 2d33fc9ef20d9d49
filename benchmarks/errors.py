"""Errors that prevent a row from being measured."""


class BenchmarkError(Exception):
    """A row could not be measured; the message has the reason and what to do."""


class SkippedError(BenchmarkError):
    """A row is skipped because this machine lacks the peer."""
