// The view of exchanges.
import { Page } from "../components/page";

export function Exchanges() {
  return <Page title="Exchanges">{null}</Page>;
}
