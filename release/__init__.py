"""Builds the distributions, lists what they install, and makes releases."""
