"""Constants of several modules: the version, and names of variables and fields."""

__version__ = "0.1.0"

USER_AGENT = f"zeroscope/{__version__}"
TOKEN_VARIABLE = "REPLICATE_API_TOKEN"
BASE_URL_VARIABLE = "ZEROSCOPE_BASE_URL"
LOG_VARIABLE = "ZEROSCOPE_LOG"
# The name in the readme of Replicate's JavaScript client, because the secret belongs to the account, like the token.
SECRET_VARIABLE = "REPLICATE_WEBHOOK_SIGNING_SECRET"

# The service sends no ID of its own; this is that of its edge (recorded traffic).
REQUEST_ID_HEADER = "cf-ray"
# The fields that an upscaling takes from its draft and its strength; models that lack them have no second step.
DRAFT_FIELDS = ("init_video", "init_weight")
