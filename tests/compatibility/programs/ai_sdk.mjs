// Makes images and videos with Vercel's AI SDK: a line of JSON on stdin is a call, one on stdout what came of it.

import { createInterface } from "node:readline";

import { createReplicate } from "@ai-sdk/replicate";
import { experimental_generateVideo, generateImage } from "ai";

const { BASE_URL: baseURL, REPLICATE_API_TOKEN: apiToken } = process.env;
const replicate = createReplicate({ baseURL, apiToken });
const unauthorized = createReplicate({ baseURL, apiToken: "r8_another-token" });

// The SDK's own download refuses the addresses of the local machine.
async function download({ url, abortSignal }) {
  const response = await fetch(url, { signal: abortSignal });
  const data = new Uint8Array(await response.arrayBuffer());
  return { data, mediaType: response.headers.get("content-type") ?? undefined };
}

const calls = {
  generateImage: (model, options) => generateImage({ model: replicate.image(model), ...options }),
  unauthorized: (model, options) => generateImage({ model: unauthorized.image(model), ...options }),
  experimental_generateVideo: (model, { ownDownload, ...options }) =>
    experimental_generateVideo({
      model: replicate.video(model),
      ...(ownDownload && { download }),
      ...options,
    }),
};

async function perform({ path, keywords: { model, ...options } }) {
  const result = await calls[path](model, { maxRetries: 0, ...options });
  const files = result.images ?? result.videos;
  const describe = ({ uint8Array, mediaType }) => ({
    size: uint8Array.length,
    kind: String.fromCharCode(...uint8Array.slice(4, 8)),
    type: mediaType,
  });
  return { files: files.map(describe), models: result.responses.map(({ modelId }) => modelId) };
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
