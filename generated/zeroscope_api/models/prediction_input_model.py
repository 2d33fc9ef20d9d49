from typing import Literal

PredictionInputModel = Literal["576w", "animov-512x", "potat1", "xl"]

PREDICTION_INPUT_MODEL_VALUES: set[PredictionInputModel] = {
    "576w",
    "animov-512x",
    "potat1",
    "xl",
}


def check_prediction_input_model(value: str) -> PredictionInputModel:
    if value in PREDICTION_INPUT_MODEL_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PREDICTION_INPUT_MODEL_VALUES!r}")
