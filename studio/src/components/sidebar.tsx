// The navigation, with the server's address, its clock and whether the page hears from it.
import { SERVER } from "../api";
import { clock, day, ticking, timeOfDay, utc } from "../clock";
import { connection } from "../live";
import { link, place } from "../router";
import { Copy } from "./copy";
import { Icon, type IconName } from "./icons";

const VIEWS: [IconName, string][] = [
  ["predictions", "Predictions"],
  ["exchanges", "Exchanges"],
  ["webhooks", "Webhooks"],
  ["clock", "Clock"],
  ["faults", "Faults"],
  ["state", "State"],
];

function ClockLine() {
  const reading = clock.value;
  if (!reading) return null;
  const time = ticking.value;
  return (
    <a class="clock-line" href={link("clock")} title={`${utc(time)}, the server's clock`}>
      <span class="clock-time">{timeOfDay(time)}</span>
      <span class="muted">
        {day(time)} · {reading.frozen ? "frozen" : reading.kind === "real" ? "real clock" : `${reading.kind} clock`}
      </span>
    </a>
  );
}

function Connection() {
  const state = connection.value;
  const words = { live: "live", connecting: "connecting", lost: "disconnected" }[state];
  return (
    <p class={`connection ${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {words}
    </p>
  );
}

export function Sidebar() {
  const current = place.value.view;
  return (
    <header class="sidebar">
      <a class="brand" href={link("predictions")}>
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
          <circle class="brand-ring" cx="10" cy="10" r="7" />
          <circle class="brand-dot" cx="10" cy="10" r="2" />
        </svg>
        <span>
          zeroscope <span class="muted">mock</span>
        </span>
      </a>
      <nav aria-label="Views">
        <ul>
          {VIEWS.map(([name, label]) => (
            <li key={name}>
              <a href={link(name)} aria-current={current === name ? "page" : undefined}>
                <Icon name={name} />
                {label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="sidebar-foot">
        <ClockLine />
        <div class="address">
          <code>{SERVER.replace(/^https?:\/\//, "")}</code>
          <Copy text={SERVER} label="Copy address" small />
        </div>
        <Connection />
      </div>
    </header>
  );
}
