// The view of webhooks.
import { Page } from "../components/page";

export function Webhooks() {
  return <Page title="Webhooks">{null}</Page>;
}
