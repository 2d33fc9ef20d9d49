// A button that makes one documented call, with the same call as curl beside it.
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { ApiError, type Call, send } from "../api";
import { curlOf } from "../curl";
import { Copy } from "./copy";
import { Icon } from "./icons";

/** The command for a call, shown when it is asked for. */
export function CurlButton({ call, of }: { call: () => Call; of: string }) {
  const id = useId();
  const [text, setText] = useState("");
  const popover = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const place = (event: Event) => {
    if ((event as ToggleEvent).newState !== "open" || !popover.current || !button.current) return;
    setText(curlOf(call()));
    const { left, bottom } = button.current.getBoundingClientRect();
    popover.current.style.top = `${bottom + 6}px`;
    popover.current.style.left = `${Math.max(8, Math.min(left - 24, window.innerWidth - 436))}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="quiet icon-button curl-button"
        popovertarget={id}
        aria-label={`Show curl for ${of}`}
        title="Show the same call as curl"
      >
        <Icon name="shell" size={14} />
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        class="popover"
        role="dialog"
        aria-label={`curl for ${of}`}
        onBeforeToggle={place}
      >
        <pre class="command">{text}</pre>
        <Copy text={text} label="Copy command" />
      </div>
    </>
  );
}

interface Props<T> {
  /** The button's name. */
  label: string;
  /** The call, or what makes it when the button is pressed or its curl is shown. */
  call: Call<T> | (() => Call<T>);
  onDone?: (result: T) => void;
  /** Called with an error, which is then not shown beside the button. */
  onError?: (error: ApiError) => void;
  kind?: "primary" | "danger" | "plain" | "quiet";
  disabled?: boolean;
  children?: ComponentChildren;
}

export function Action<T>({ label, call, onDone, onError, kind = "plain", disabled = false, children }: Props<T>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const make = () => (typeof call === "function" ? call() : call);
  const press = async () => {
    setBusy(true);
    setError("");
    try {
      const result = await send(make());
      onDone?.(result);
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      if (onError) onError(caught);
      else setError(caught.message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <span class="action">
      <button type="button" class={kind} disabled={disabled || busy} onClick={() => void press()}>
        {children ?? label}
      </button>
      <CurlButton call={make} of={label} />
      {error && (
        <span class="error-text" role="alert">
          {error}
        </span>
      )}
    </span>
  );
}
