"""The package's version, and the environment variables it reads."""

__version__ = "0.1.0"

USER_AGENT = f"zeroscope/{__version__}"
TOKEN_VARIABLE = "REPLICATE_API_TOKEN"
BASE_URL_VARIABLE = "ZEROSCOPE_BASE_URL"
