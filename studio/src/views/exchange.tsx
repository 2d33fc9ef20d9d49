// The view of one exchange.
import { Page } from "../components/page";

export function ExchangeView({ number }: { number: number }) {
  return <Page title={`Exchange ${number}`}>{null}</Page>;
}
