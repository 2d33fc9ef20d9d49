"""Files and SQLite, which flows reach through steps."""
