"""Tests of the mock server's web page in a real browser."""
