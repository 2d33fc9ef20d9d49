"""The control interface under `/_mock/`, for programs in any language."""
