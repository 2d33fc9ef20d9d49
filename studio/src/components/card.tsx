// A prediction as a card.
import { memo } from "preact/compat";
import type { RunSummary } from "../control";
import { brief, isOver, mainField } from "../media";
import { link } from "../router";
import { Thumbnail } from "./media";
import { Progress, Status } from "./status";
import { Age } from "./time";

/** Height of a card without its picture, in pixels: that of its text in the style sheet, and its border. */
export const CARD_TEXT = 144;

export const Card = memo(function Card({ run }: { run: RunSummary }) {
  const input = run.input ?? {};
  const main = mainField(input);
  const prompt = main === null ? "" : String(input[main]);
  const others = Object.entries(input).filter(([name]) => name !== main);
  const title = prompt || (run.removed ? "Removed" : run.kind === "training" ? "Training" : "No prompt");
  return (
    <article class="card">
      <Thumbnail run={run} label={title.slice(0, 200)} />
      <div class="card-text">
        {!isOver(run) && run.files.length > 0 && <Progress value={run.progress} label={`Progress of ${run.id}`} />}
        <h2 class={prompt ? "prompt" : "prompt muted"}>
          <a class="card-link" href={link("predictions", run.id)} data-id={run.id} title={title.slice(0, 400)}>
            {title.slice(0, 300)}
          </a>
        </h2>
        <p class="small muted cut">
          {others.length > 0 ? others.map(([name, value]) => `${name} ${brief(value)}`).join(" · ") : "no other input"}
        </p>
        <p class="small muted cut" title={run.model ?? ""}>
          {run.deployment ?? run.model ?? "unknown model"}
        </p>
        <p class="card-foot small muted">
          <Status value={run.status} />
          {run.kind === "training" && <span class="tag">training</span>}
          <Age value={run.created} />
          <span class="card-tenant" title={`Account ${run.account}, tenant ${run.tenant}`}>
            {run.tenant.slice(0, 6)}
          </span>
        </p>
      </div>
    </article>
  );
});
