"""What can keep a row from being measured."""


class BenchmarkError(Exception):
    """A row could not be measured; the message says why and what to do."""


class LeftOutError(BenchmarkError):
    """A row is left out because this machine lacks what it is measured beside."""
