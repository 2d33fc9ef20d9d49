"""Updates the input schema of openapi.yaml to a version of the model."""
