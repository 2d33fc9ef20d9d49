"""Tests of the reports of the conformance suite."""
