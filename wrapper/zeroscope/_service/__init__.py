"""The generated client and the OpenAPI document behind one seam."""
