"""Reads and writes an OpenAPI document: YAML, references, values."""
