"""The server's time: a clock that stands still until told otherwise, and one that runs."""
