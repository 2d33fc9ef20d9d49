// Runs programs with the official client: for each line of JSON on stdin, one line on stdout that holds what the program
// returned or which error it ended with.

import { createInterface } from "node:readline";

import Replicate from "replicate";

const programs = {
  // What `run` makes of its output: URLs stay texts, `data:` URIs become files.
  async run(replicate, { reference, options }) {
    const seen = [];
    const output = await replicate.run(reference, options, (prediction) => seen.push(prediction.status));
    const read = async (item) => (typeof item === "string" ? item : (await item.blob()).text());
    return { output: await Promise.all(output.map(read)), seen };
  },

  async createGetAndCancel(replicate, { options }) {
    const created = await replicate.predictions.create(options);
    const read = await replicate.predictions.get(created.id);
    const canceled = await replicate.predictions.cancel(created.id);
    return { created, read, canceled };
  },

  async create(replicate, { options }) {
    return replicate.predictions.create(options);
  },

  async createAndWait(replicate, { options }) {
    const prediction = await replicate.predictions.create(options);
    return replicate.wait(prediction, { interval: 10 });
  },

  async createFromFile(replicate, { content, options }) {
    const input = { ...options.input, init_video: new Blob([content], { type: "video/mp4" }) };
    return replicate.predictions.create({ ...options, input });
  },

  async get(replicate, { id }) {
    return replicate.predictions.get(id);
  },

  async cancel(replicate, { id }) {
    return replicate.predictions.cancel(id);
  },

  // The ids that were created, and those on each page.
  async list(replicate, { count, options }) {
    const created = [];
    for (let number = 0; number < count; number += 1) {
      created.push((await replicate.predictions.create(options)).id);
    }
    const pages = [];
    for await (const page of replicate.paginate(replicate.predictions.list)) {
      pages.push(page.map((prediction) => prediction.id));
    }
    return { created, pages };
  },

  async stream(replicate, { reference, options }) {
    const events = [];
    for await (const event of replicate.stream(reference, options)) {
      events.push({ event: event.event, data: event.data, id: event.id });
    }
    return events;
  },

  async validateWebhook(replicate, { headers, body }) {
    const { key } = await replicate.webhooks.default.secret.get();
    return {
      genuine: await Replicate.validateWebhook({ headers, body }, key),
      changed: await Replicate.validateWebhook({ headers, body: `${body} ` }, key),
    };
  },

  async files(replicate, { content, name, type, metadata }) {
    const created = await replicate.files.create(new File([content], name, { type }), metadata);
    const read = await replicate.files.get(created.id);
    const listed = await replicate.files.list();
    const anonymous = (await fetch(created.urls.get)).status;
    const deleted = await replicate.files.delete(created.id);
    const left = await replicate.files.list();
    return { created, read, listed: listed.results, anonymous, deleted, left: left.results };
  },

  async models(replicate, { owner, name, version }) {
    return {
      model: await replicate.models.get(owner, name),
      versions: (await replicate.models.versions.list(owner, name)).results,
      version: await replicate.models.versions.get(owner, name, version),
    };
  },
};

// The client itself waits for ever.
const late = () => new Promise((_, reject) => setTimeout(reject, 30_000, new Error("took over 30 seconds")).unref());

async function run({ program, baseUrl, auth, given }) {
  try {
    const replicate = new Replicate({ baseUrl, auth });
    return { value: await Promise.race([programs[program](replicate, given), late()]) };
  } catch (error) {
    return { error: { name: error.name, message: error.message, status: error.response?.status } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))));
}
