"""Generates, compares and updates from the OpenAPI document; one package for each."""
