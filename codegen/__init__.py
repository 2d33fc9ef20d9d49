"""Generates the client from openapi.yaml, compares its versions and updates it."""
