// What every view must say: that the connection is lost, and that a client polls while the clock stands still.
import { call } from "../api";
import { clock, notice } from "../clock";
import { connection } from "../live";
import { Action } from "./action";

const STEP_SECONDS = 10;

export function Banner() {
  const lost = connection.value === "lost";
  const told = notice.value;
  const reading = clock.value;
  if (lost) {
    return (
      <div class="banner bad" role="alert">
        <p>
          <strong>Disconnected.</strong> The server does not answer; the page shows what it last knew and tries again.
        </p>
      </div>
    );
  }
  if (!told || !reading?.stands_still) return null;
  return (
    <div class="banner warn" role="alert">
      <p>
        <strong>The clock stands still, and a client is polling.</strong> Nothing it waits for happens until time
        passes.
      </p>
      <div class="banner-actions">
        {reading.frozen && <Action label="Run" kind="primary" call={call("post", "/clock/run")} />}
        <Action label="Advance" call={call("post", "/clock/advance", { body: { seconds: STEP_SECONDS } })} />
        <span class="muted">by {STEP_SECONDS} s</span>
      </div>
    </div>
  );
}
