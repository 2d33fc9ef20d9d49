"""Writes the pages of the documentation's site that derive from code and spec."""
