"""Generates the client and the site; compares and updates the spec."""
