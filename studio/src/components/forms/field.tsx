// A field of a form, with its description, its bounds and the error at it.
import type { JSX, TargetedInputEvent } from "preact";
import { useId } from "preact/hooks";
import type { FormField } from "./schema";
import type { Texts } from "./values";

interface FieldProps {
  field: FormField;
  /** The path of the field in the texts. */
  path: string;
  texts: Texts;
  errors: Readonly<Record<string, string>>;
  /** Values to suggest, by the path of the field. */
  suggestions?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The paths of the fields whose text may come from a file. */
  files?: readonly string[] | undefined;
  onText(path: string, text: string): void;
}

const PLACEHOLDERS: Partial<Record<FormField["kind"], string>> = {
  lines: "one a line",
  object: '{"name": "value"}',
  any: "text or JSON",
  list: "one or more, with commas",
};

/** A field with its label; a group is a set of fields. */
export function Field(props: FieldProps): JSX.Element {
  const { field, path, errors } = props;
  const id = useId();
  const error = errors[path];
  if (field.kind === "group") {
    return (
      <fieldset class="field-group">
        <legend>{field.name.replaceAll("_", " ")}</legend>
        <p class="field-hint">
          <Described text={field.description} />
        </p>
        {error && <p class="field-error">{error}</p>}
        <div class="form-fields">
          {field.fields.map((each) => (
            <Field key={each.name} {...props} field={each} path={`${path}.${each.name}`} />
          ))}
        </div>
      </fieldset>
    );
  }
  const wide = field.kind === "lines" || field.kind === "object" || field.kind === "any";
  const described = `${id}-hint${error ? ` ${id}-error` : ""}`;
  return (
    <div class={wide ? "field wide" : "field"}>
      {field.kind === "choices" ? (
        <Choices {...props} described={described} />
      ) : (
        <>
          <div>
            <label for={id}>
              <code>{field.name}</code>
            </label>
            {field.required && (
              <span class="field-required" aria-hidden="true">
                {" "}
                required
              </span>
            )}
          </div>
          <Control {...props} id={id} described={described} />
          {props.files?.includes(path) && <FileInput {...props} />}
        </>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      <p class="field-hint" id={`${id}-hint`}>
        <Described text={field.description} />
        {field.bounds && ` ${field.bounds}.`}
      </p>
    </div>
  );
}

/** A text whose parts between backticks are code. */
export function Described({ text }: { text: string }): JSX.Element {
  const parts = text.split("`");
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>;
}

function Control(props: FieldProps & { id: string; described: string }): JSX.Element {
  const { field, path, texts, errors, suggestions, id, described, onText } = props;
  const shared = {
    id,
    value: texts[path] ?? "",
    "aria-describedby": described,
    "aria-invalid": errors[path] ? true : undefined,
    "aria-required": field.required ? true : undefined,
    onInput: (event: TargetedInputEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
      onText(path, event.currentTarget.value),
  };
  switch (field.kind) {
    case "choice":
      return (
        <select {...shared}>
          <option value="">–</option>
          {field.options.map((option) => (
            <option key={String(option)} value={String(option)}>
              {option === true ? "yes" : option === false ? "no" : String(option)}
            </option>
          ))}
        </select>
      );
    case "lines":
    case "object":
    case "any":
      return <textarea {...shared} rows={3} spellcheck={false} placeholder={PLACEHOLDERS[field.kind]} />;
    default: {
      const values = suggestions?.[path];
      return (
        <>
          <input
            {...shared}
            type="text"
            inputMode={field.numeric && field.kind === "number" ? "decimal" : undefined}
            autocomplete="off"
            spellcheck={false}
            placeholder={field.kind === "list" ? PLACEHOLDERS.list : undefined}
            list={values ? `${id}-list` : undefined}
          />
          {values && (
            <datalist id={`${id}-list`}>
              {values.map((value) => (
                <option key={value} value={value} />
              ))}
            </datalist>
          )}
        </>
      );
    }
  }
}

function FileInput({ field, path, onText }: FieldProps): JSX.Element {
  return (
    <label class="field-file">
      or from a file{" "}
      <input
        type="file"
        aria-label={`File for ${field.name}`}
        accept="application/json,.json"
        onChange={async (event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onText(path, await file.text());
        }}
      />
    </label>
  );
}

function Choices(props: FieldProps & { described: string }): JSX.Element {
  const { field, path, texts, described, onText } = props;
  const chosen = new Set((texts[path] ?? "").split(",").filter(Boolean));
  const toggle = (option: string) => {
    if (!chosen.delete(option)) chosen.add(option);
    onText(
      path,
      field.options
        .map(String)
        .filter((each) => chosen.has(each))
        .join(","),
    );
  };
  return (
    <fieldset class="field-choices" aria-describedby={described}>
      <legend>
        <code>{field.name}</code>
      </legend>
      {field.options.map(String).map((option) => (
        <label key={option}>
          <input type="checkbox" checked={chosen.has(option)} onChange={() => toggle(option)} /> {option}
        </label>
      ))}
    </fieldset>
  );
}
