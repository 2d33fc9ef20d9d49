// Performs calls with the official JavaScript client: a line of JSON on stdin is a call, one on stdout what came of it.
// calls.py describes calls.

import { createInterface } from "node:readline";

import Replicate from "replicate";

const { BASE_URL: baseUrl, REPLICATE_API_TOKEN: auth } = process.env;

const names = {
  Replicate,
  replicate: new Replicate({ baseUrl, auth }),
  files: new Replicate({ baseUrl, auth, useFileOutput: true }),
  unauthorized: new Replicate({ baseUrl, auth: "r8_another-token" }),
};

// What a dotted path leads to, bound to what it was found in.
function find(path) {
  let parent;
  let value = names;
  for (const part of path.split(".")) {
    [parent, value] = [value, value[part]];
  }
  return typeof value === "function" && parent !== names ? value.bind(parent) : value;
}

// An argument with its stand-ins replaced.
function restore(argument) {
  if (Array.isArray(argument)) return argument.map(restore);
  if (argument === null || typeof argument !== "object") return argument;
  if ("$path" in argument) return find(argument.$path);
  if ("$file" in argument) return new File([argument.$file], argument.name, { type: argument.type });
  return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, restore(value)]));
}

// A value as JSON; of a file, its address and what it holds.
async function plain(value) {
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  if (typeof value?.blob === "function") {
    const content = new Uint8Array(await (await value.blob()).arrayBuffer());
    const kind = String.fromCharCode(...content.slice(4, 8));
    return { url: String(value.url()), size: content.length, kind };
  }
  if (value && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).map(async ([key, part]) => [key, await plain(part)]);
    return Object.fromEntries(await Promise.all(entries));
  }
  return value;
}

async function perform({ path, arguments: given, name }) {
  const target = find(path);
  let value = typeof target === "function" ? await target(...given.map(restore)) : target;
  if (value?.[Symbol.asyncIterator] && typeof value.blob !== "function") {
    const items = [];
    for await (const item of value) items.push(item);
    value = items;
  }
  if (name) names[name] = value;
  return plain(value);
}

for await (const line of createInterface({ input: process.stdin })) {
  let outcome;
  try {
    outcome = { value: (await perform(JSON.parse(line))) ?? null };
  } catch (error) {
    outcome = { error: { name: error.name, message: error.message, status: error.response?.status } };
  }
  console.log(JSON.stringify(outcome));
}
