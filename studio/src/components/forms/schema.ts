// Fields of a form, derived from a schema of the control document.

/** The part of JSON Schema that the control document uses. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: (string | number | null)[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
  default?: unknown;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  writeOnly?: boolean;
}

/** The control document, as far as forms need it. */
export interface Document {
  components: { schemas: Record<string, Schema> };
  paths: Record<string, DescribedPath>;
}

interface DescribedPath {
  parameters?: { example?: unknown }[];
  get?: DescribedOperation;
  put?: DescribedOperation;
  post?: DescribedOperation;
}

interface DescribedOperation {
  operationId?: string;
  description?: string;
  requestBody?: { content: Record<string, { schema: Schema; example?: Record<string, unknown> }> };
}

/** How a value is entered: by choice, as text, or as JSON. */
type FieldKind = "choice" | "choices" | "number" | "duration" | "text" | "list" | "lines" | "object" | "any" | "group";

/** One field of a form. */
export interface FormField {
  name: string;
  kind: FieldKind;
  /** Whether numbers of a text, a list or a choice are sent as numbers. */
  numeric: boolean;
  /** The values to choose from, as JSON. */
  options: (string | number | boolean)[];
  description: string;
  /** The bounds in a few words, such as `200 to 599`. */
  bounds: string;
  required: boolean;
  /** The fields of a group. */
  fields: FormField[];
}

/** Returns a schema of the document by its name. */
export function namedSchema(document: Document, name: string): Schema {
  return document.components.schemas[name] ?? {};
}

/** Returns the schema of the body that an operation takes, such as `post` of `/faults`. */
export function bodySchema(document: Document, path: string, method: "put" | "post"): Schema {
  const schema = document.paths[path]?.[method]?.requestBody?.content["application/json"]?.schema ?? {};
  return resolved(document, schema);
}

/** Returns the fields of an object's schema, in the order of the document. */
export function formFields(document: Document, schema: Schema): FormField[] {
  const described = resolved(document, schema);
  const required = new Set(described.required ?? []);
  return Object.entries(described.properties ?? {}).map(([name, each]) =>
    formField(document, name, each, required.has(name)),
  );
}

function formField(document: Document, name: string, schema: Schema, required: boolean): FormField {
  const branches = (schema.anyOf ?? [schema]).map((each) => resolved(document, each));
  const own = resolved(document, schema);
  const types = new Set(branches.flatMap(typesOf));
  types.delete("null");
  const items = branches.map((each) => each.items).find((each) => each !== undefined);
  const itemSchemas = (items?.anyOf ?? (items ? [items] : [])).map((each) => resolved(document, each));
  const itemTypes = new Set(itemSchemas.flatMap(typesOf));
  const itemOptions = itemSchemas.flatMap((each) => each.enum ?? []);
  const options = branches.flatMap((each) => each.enum ?? []).filter((each) => each !== null);
  const object = branches.find((each) => each.properties);
  const kind = kindOf(types, options.length > 0, itemTypes, itemOptions.length > 0, object !== undefined);
  const numeric = types.has("number") || types.has("integer") || itemTypes.has("integer") || itemTypes.has("number");
  const booleans = kind === "choice" && types.has("boolean") ? [true, false] : [];
  return {
    name,
    kind,
    numeric,
    options: kind === "choices" ? itemOptions.filter((each) => each !== null) : [...options, ...booleans],
    description: own.description ?? object?.description ?? "",
    bounds: branches.map(boundsOf).find(Boolean) ?? "",
    required,
    fields: kind === "group" && object ? formFields(document, object) : [],
  };
}

function kindOf(
  types: Set<string>,
  hasOptions: boolean,
  itemTypes: Set<string>,
  hasItemOptions: boolean,
  hasProperties: boolean,
): FieldKind {
  if (hasOptions) return "choice";
  if (types.size === 0) return "any";
  if (hasItemOptions) return "choices";
  if (itemTypes.has("object")) return "lines";
  if (types.has("array")) return "list";
  if (types.has("object")) return hasProperties ? "group" : "object";
  if (types.has("number") || types.has("integer")) return "number";
  return types.has("boolean") ? "choice" : "text";
}

function resolved(document: Document, schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : namedSchema(document, name);
}

function typesOf(schema: Schema): string[] {
  if (schema.type !== undefined) return Array.isArray(schema.type) ? schema.type : [schema.type];
  return schema.enum ? schema.enum.filter((each) => each !== null).map((each) => typeof each) : [];
}

function boundsOf(schema: Schema): string {
  const { minimum, exclusiveMinimum, maximum } = schema;
  // A bound that only keeps numbers sane says nothing to a reader.
  const most = maximum !== undefined && maximum < 1e9 ? maximum : undefined;
  if (exclusiveMinimum !== undefined) {
    return most === undefined ? `Above ${exclusiveMinimum}` : `Above ${exclusiveMinimum}, at most ${most}`;
  }
  if (minimum !== undefined) return most === undefined ? `${minimum} or more` : `${minimum} to ${most}`;
  return most === undefined ? "" : `At most ${most}`;
}
