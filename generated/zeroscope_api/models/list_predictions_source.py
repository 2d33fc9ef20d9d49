from typing import Literal

ListPredictionsSource = Literal["web"]

LIST_PREDICTIONS_SOURCE_VALUES: set[ListPredictionsSource] = {
    "web",
}


def check_list_predictions_source(value: str) -> ListPredictionsSource:
    if value in LIST_PREDICTIONS_SOURCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_PREDICTIONS_SOURCE_VALUES!r}")
