// Verifies webhooks with the libraries that receivers use: a line of JSON on stdin is a call, one on stdout what came of it.

import { createInterface } from "node:readline";

import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const libraries = { "standardwebhooks.verify": Standard, "svix.verify": Svix };

for await (const line of createInterface({ input: process.stdin })) {
  const { path, arguments: [secret, body, headers] } = JSON.parse(line);
  let outcome;
  try {
    outcome = { value: new libraries[path](secret).verify(body, headers) };
  } catch (error) {
    outcome = { error: { name: error.constructor.name, message: error.message } };
  }
  console.log(JSON.stringify(outcome));
}
