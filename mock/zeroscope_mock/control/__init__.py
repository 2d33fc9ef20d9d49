"""What is served under `/_mock/`, by which programs in any language control the server."""
