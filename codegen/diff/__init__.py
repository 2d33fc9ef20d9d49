"""Classifies the changes between two versions of the OpenAPI document."""
