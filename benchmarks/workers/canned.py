"""One prediction as the service sends it, the same bytes for all."""

from __future__ import annotations

import json

ID = "gm3qorzdhgbfurvjtvhg6dckhu"
BASE_URL = "https://api.replicate.com/v1"
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
INPUT = {"prompt": "An astronaut riding a horse", "num_frames": 24, "fps": 24, "width": 576, "height": 320}

BODY = json.dumps(
    {
        "id": ID,
        "model": "anotherjesse/zeroscope-v2-xl",
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
            "get": f"{BASE_URL}/predictions/{ID}",
            "cancel": f"{BASE_URL}/predictions/{ID}/cancel",
            "web": f"https://replicate.com/p/{ID}",
        },
        "data_removed": False,
        "source": "api",
    }
).encode()
