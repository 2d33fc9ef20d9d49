// The view of clock.
import { Page } from "../components/page";

export function ClockView() {
  return <Page title="Clock">{null}</Page>;
}
