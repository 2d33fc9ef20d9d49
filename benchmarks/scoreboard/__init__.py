"""The scoreboard: which rules of the conformance suite each server keeps."""
