// The view of one prediction.
import { Page } from "../components/page";

export function PredictionView({ id }: { id: string }) {
  return <Page title={`Prediction ${id}`}>{null}</Page>;
}
