// The view of faults.
import { Page } from "../components/page";

export function Faults() {
  return <Page title="Faults">{null}</Page>;
}
