// The models besides the spec's own: their versions and warnings, and a form that adds one.
import { call } from "../api";
import { Action } from "../components/action";
import { CallForm } from "../components/forms/call_form";
import { useDocument } from "../components/forms/document";
import { bodySchema, formFields } from "../components/forms/schema";
import { Empty, Panel } from "../components/page";
import type { LoadedModel } from "../control";
import { useLoad } from "../load";

type NewVersion = { model: string; version: Record<string, never> };

/** The panel of the models. */
export function Models() {
  const { value } = useLoad(call("get", "/models"), ["models", "state"]);
  const models = value?.models;
  return (
    <Panel title="Models">
      {models && (models.length > 0 ? <List models={models} /> : <NoModels />)}
      <AddModel />
    </Panel>
  );
}

function NoModels() {
  return (
    <Empty title="Only the spec's own model">
      <p>Add a version of any model, and the server lists, describes and runs it, and checks inputs by its schema.</p>
    </Empty>
  );
}

function List({ models }: { models: LoadedModel[] }) {
  return (
    <ul class="entries">
      {models.map((model) => (
        <li key={`${model.owner}/${model.name}`} class="entry">
          <div class="entry-main">
            <p>
              <strong>
                {model.owner}/{model.name}
              </strong>
              {model.guessed && <span class="pill">guessed: any input is taken</span>}
            </p>
            <ul class="versions">
              {model.versions.map(({ id, output, cog_version: cog }) => (
                <li key={id} class="muted">
                  <code title={id}>{id.slice(0, 12)}</code> returns {output}
                  {typeof cog === "string" && ` · Cog ${cog}`}
                </li>
              ))}
            </ul>
            {model.warnings.length > 0 && (
              <ul class="warnings">
                {model.warnings.map((warning) => (
                  <li key={warning}>{warning}</li>
                ))}
              </ul>
            )}
          </div>
          <Action
            label="Remove"
            kind="quiet"
            call={call("delete", "/models/{owner}/{name}", { path: { owner: model.owner, name: model.name } })}
          />
        </li>
      ))}
    </ul>
  );
}

function AddModel() {
  const document = useDocument();
  if (!document) return null;
  return (
    <details class="add">
      <summary>Add a version of a model</summary>
      <CallForm
        label="Add a model"
        fields={formFields(document, bodySchema(document, "/models", "post"))}
        files={["version"]}
        submit="Add model"
        toCall={(values) => call("post", "/models", { body: values as NewVersion })}
        onDone={({ owner, name }) => `Added a version of ${owner}/${name}.`}
      />
    </details>
  );
}
