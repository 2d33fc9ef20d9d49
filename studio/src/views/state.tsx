// The view of state.
import { Page } from "../components/page";

export function State() {
  return <Page title="State">{null}</Page>;
}
