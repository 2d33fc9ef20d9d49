"""A canned response: one prediction as the service returns it."""

from __future__ import annotations

import json
from pathlib import Path

# Read by its path, as the peers' environments have none of our packages.
_SPEC = json.loads((Path(__file__).parents[2] / "generated/zeroscope_api/spec.json").read_bytes())

ID = "gm3qorzdhgbfurvjtvhg6dckhu"
BASE_URL: str = _SPEC["servers"][0]["url"]
MODEL: str = _SPEC["info"]["x-replicate"]["model"]
VERSION: str = _SPEC["info"]["x-replicate"]["version"]
PREDICTIONS: str = next(
    path for path, item in _SPEC["paths"].items() if item.get("post", {}).get("operationId") == "createPrediction"
)
"""The path to create and list predictions."""
INPUT = {"prompt": "An astronaut riding a horse", "num_frames": 24, "fps": 24, "width": 576, "height": 320}

BODY = json.dumps(
    {
        "id": ID,
        "model": MODEL,
        "version": VERSION,
        "input": INPUT,
        "logs": "Using seed: 38011\n 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]\n"
        "100%|██████████| 50/50 [00:03<00:00, 15.8it/s]\n",
        "output": ["https://replicate.delivery/pbxt/x/output-0.mp4"],
        "error": None,
        "status": "succeeded",
        "created_at": "2026-11-25T10:00:00.123456Z",
        "started_at": "2026-11-25T10:00:05.123456Z",
        "completed_at": "2026-11-25T10:00:25.123456Z",
        "metrics": {"predict_time": 20.0, "total_time": 25.0},
        "urls": {
            "get": f"{BASE_URL}{PREDICTIONS}/{ID}",
            "cancel": f"{BASE_URL}{PREDICTIONS}/{ID}/cancel",
            "web": f"https://replicate.com/p/{ID}",
        },
        "data_removed": False,
        "source": "api",
    }
).encode()
