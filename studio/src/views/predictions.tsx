// The view of predictions.
import { Page } from "../components/page";

export function Predictions() {
  return <Page title="Predictions">{null}</Page>;
}
