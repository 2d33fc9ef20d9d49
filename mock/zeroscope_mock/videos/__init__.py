"""The videos that predictions make."""
