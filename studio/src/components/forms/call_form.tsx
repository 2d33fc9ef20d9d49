// A form that makes one call of the control API, and shows the call as curl while it is filled in.
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiError, type Call, send } from "../../api";
import { CurlButton } from "../action";
import { Field } from "./field";
import { type FieldProblems, fieldProblems, NO_PROBLEMS } from "./problems";
import type { FormField } from "./schema";
import { readFields, type Texts } from "./values";

/** Some fields of a form under a heading; those without a section stand in the last one. */
export interface Section {
  title: string;
  names: readonly string[];
  /** Whether it is shown from the beginning. */
  open: boolean;
}

interface CallFormProps<T> {
  label: string;
  fields: FormField[];
  sections?: readonly Section[];
  /** The name of the button. */
  submit: string;
  /** What the server puts before the paths of the fields in its errors. */
  prefix?: string;
  /** The texts that the form begins with. */
  initial?: Texts;
  /** Whether the texts stay after the call, for one that is made again and again. */
  keep?: boolean;
  suggestions?: Readonly<Record<string, readonly string[]>>;
  /** The fields whose text may come from a file. */
  files?: readonly string[];
  toCall(values: Record<string, unknown>): Call<T>;
  /** Says what was done. */
  onDone(result: T): string;
  children?: ComponentChildren;
}

/** A form whose fields come from a schema, and whose errors stand at the fields that the server names. */
export function CallForm<T>(props: CallFormProps<T>): JSX.Element {
  const { fields, initial = {}, prefix } = props;
  const [texts, setTexts] = useState<Texts>(initial);
  const [problems, setProblems] = useState<FieldProblems>(NO_PROBLEMS);
  const [done, setDone] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const reading = readFields(fields, texts);
  const call = props.toCall(reading.values);

  const onText = (path: string, text: string) => {
    setTexts((before) => ({ ...before, [path]: text }));
    setDone("");
    // An error stays until its field changes.
    setProblems(({ general, fields: { [path]: _, ...others } }) => ({ general, fields: others }));
  };
  const refuse = (found: FieldProblems) => {
    setProblems(found);
    // The first field with an error gets the focus once it is marked.
    window.setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus());
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setDone("");
    if (Object.keys(reading.errors).length > 0) {
      refuse({ fields: reading.errors, general: [] });
      return;
    }
    setBusy(true);
    try {
      const result = await send(call);
      if (!props.keep) setTexts(initial);
      setProblems(NO_PROBLEMS);
      setDone(props.onDone(result));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refuse(fieldProblems(error.problem ?? { detail: error.message }, fieldPaths(fields), prefix));
    } finally {
      setBusy(false);
    }
  };

  const named = new Set(props.sections?.flatMap(({ names }) => names));
  const shown = (names: readonly string[] | null) =>
    fields.filter(({ name }) => (names ? names.includes(name) : !named.has(name)));
  const list = (some: FormField[]) => (
    <div class="form-fields">
      {some.map((field) => (
        <Field
          key={field.name}
          field={field}
          path={field.name}
          texts={texts}
          errors={problems.fields}
          suggestions={props.suggestions}
          files={props.files}
          onText={onText}
        />
      ))}
    </div>
  );
  return (
    <form ref={form} class="call-form" aria-label={props.label} onSubmit={submit} noValidate>
      {props.children}
      {props.sections?.map(({ title, names, open }, index) => {
        const last = index === (props.sections?.length ?? 0) - 1;
        const some = [...shown(names), ...(last ? shown(null) : [])];
        const filled = some.some(({ name }) => isTouched(name, texts) || isTouched(name, problems.fields));
        return (
          <details key={title} open={open || filled}>
            <summary>{title}</summary>
            {list(some)}
          </details>
        );
      })}
      {!props.sections && list(fields)}
      {problems.general.length > 0 && (
        <ul class="form-errors" role="alert">
          {problems.general.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <div class="form-actions">
        <button type="submit" class="primary" disabled={busy}>
          {props.submit}
        </button>
        <CurlButton call={() => call} of={props.submit} />
        <output class="form-done">{done}</output>
      </div>
    </form>
  );
}

function fieldPaths(fields: FormField[], prefix = ""): string[] {
  return fields.flatMap((field) => [prefix + field.name, ...fieldPaths(field.fields, `${prefix}${field.name}.`)]);
}

function isTouched(name: string, texts: Texts): boolean {
  return Object.entries(texts).some(([path, text]) => text !== "" && (path === name || path.startsWith(`${name}.`)));
}
