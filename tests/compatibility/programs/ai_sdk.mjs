// Makes images with Vercel's AI SDK: a line of JSON on stdin is a call, one on stdout what came of it.

import { createInterface } from "node:readline";

import { createReplicate } from "@ai-sdk/replicate";
import { generateImage } from "ai";

const { BASE_URL: baseURL, REPLICATE_API_TOKEN: apiToken } = process.env;
const providers = {
  generateImage: createReplicate({ baseURL, apiToken }),
  unauthorized: createReplicate({ baseURL, apiToken: "r8_another-token" }),
};

async function perform({ path, keywords: { model, ...options } }) {
  const { images, responses } = await generateImage({
    model: providers[path].image(model),
    maxRetries: 0,
    ...options,
  });
  const describe = ({ uint8Array }) => ({
    size: uint8Array.length,
    kind: String.fromCharCode(...uint8Array.slice(4, 8)),
  });
  return { images: images.map(describe), models: responses.map(({ modelId }) => modelId) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let outcome;
  try {
    outcome = { value: await perform(JSON.parse(line)) };
  } catch (error) {
    outcome = { error: { name: error.name, message: error.message, status: error.statusCode } };
  }
  console.log(JSON.stringify(outcome));
}
