// A video, picture, sound or text that a prediction made.
import { useEffect, useRef, useState } from "preact/hooks";
import type { RunSummary } from "../control";
import { isOver, kindOf, type OutputFile, safeLink, sourceOf, textOf } from "../media";
import { Icon } from "./icons";
import { Progress } from "./status";

const still = matchMedia("(prefers-reduced-motion: reduce)");

// A card that is only scrolled past loads no video, which the server would have to make.
const SETTLE_MS = 150;

/** A silent video that plays while it is in view. */
function LoopingVideo({ source, label }: { source: string; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(true), SETTLE_MS);
    return () => window.clearTimeout(timer);
  }, []);
  useEffect(() => {
    const element = video.current;
    if (!element || still.matches) return undefined;
    const observer = new IntersectionObserver(([entry]) => {
      // A play that is refused or interrupted leaves the first frame.
      if (entry?.isIntersecting) element.play().catch(() => undefined);
      else element.pause();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [settled]);
  if (!settled) return null;
  return <video ref={video} src={source} muted loop playsInline preload="metadata" aria-label={label} tabIndex={-1} />;
}

const CARD_CHARACTERS = 1000;
// While a text grows, its end is what is new.
const STREAMED_CHARACTERS = 180;

/** An output on a card: the first file, the text, or why there is none. */
export function Thumbnail({ run, label }: { run: RunSummary; label: string }) {
  const file = run.files[0];
  if (file && !run.removed) {
    const source = sourceOf(file);
    const kind = kindOf(file);
    return (
      <div class={`thumbnail ${kind}`}>
        {kind === "video" && <LoopingVideo key={source} source={source} label={label} />}
        {kind === "image" && <img src={source} alt={label} loading="lazy" />}
        {kind === "sound" && (
          <>
            <Icon name="sound" size={28} />
            {/* biome-ignore lint/a11y/useMediaCaption: sound that a model made has no captions */}
            <audio src={source} controls preload="none" aria-label={label} />
          </>
        )}
        {kind === "file" && (
          <>
            <Icon name="file" size={28} />
            <span class="muted">{file.content_type}</span>
          </>
        )}
        {run.files.length > 1 && <span class="tag more">{run.files.length} files</span>}
      </div>
    );
  }
  const text = textOf(run);
  if (text !== null) {
    return (
      <div class="thumbnail text">
        <p>{isOver(run) ? text.slice(0, CARD_CHARACTERS) : text.slice(-STREAMED_CHARACTERS)}</p>
      </div>
    );
  }
  return (
    <div class="thumbnail none">
      {run.error ? <p class="error-text">{run.error.slice(0, 300)}</p> : <p class="muted">{without(run)}</p>}
      {!isOver(run) && <Progress value={run.progress} label={`Progress of ${run.id}`} />}
    </div>
  );
}

function without(run: RunSummary): string {
  if (run.removed) return "The data was removed.";
  if (run.status === "starting") return "Waiting to start";
  if (run.status === "processing") return run.progress === null ? "Running" : `${Math.round(run.progress * 100)} %`;
  if (run.output !== null && run.output !== undefined) return JSON.stringify(run.output).slice(0, 300);
  return run.status === "succeeded" ? "No output" : `Ended as ${run.status}`;
}

/** A file of an output, large, with controls. */
export function Player({ file, label }: { file: OutputFile; label: string }) {
  const source = sourceOf(file);
  const kind = kindOf(file);
  const original = safeLink(file.url);
  return (
    <figure class="player">
      {kind === "video" && (
        <video src={source} controls loop muted playsInline autoplay={!still.matches} aria-label={label} />
      )}
      {kind === "image" && <img src={source} alt={label} />}
      {/* biome-ignore lint/a11y/useMediaCaption: sound that a model made has no captions */}
      {kind === "sound" && <audio src={source} controls aria-label={label} />}
      <figcaption class="small muted">
        {file.content_type} ·{" "}
        {original ? (
          <a href={original} target="_blank" rel="noreferrer noopener">
            {file.url}
          </a>
        ) : (
          <span>{file.url.length > 120 ? `${file.url.slice(0, 120)}…` : file.url}</span>
        )}
      </figcaption>
    </figure>
  );
}
