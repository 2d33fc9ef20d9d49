// Makes a postcard: a language model writes the greeting as it streams, an image model draws the picture.
//
//     REPLICATE_API_TOKEN=... node postcard.js "Lisbon"

import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

import Replicate from "replicate";

export const WRITER = "acme/storyteller";
export const PAINTER = "acme/painter";

/** Write the greeting; `onText` gets each piece of it as it comes. */
export async function write(replicate, place, onText = () => {}) {
  let text = "";
  const input = { prompt: `Write a postcard from ${place}`, max_tokens: 48 };
  for await (const { event, data } of replicate.stream(WRITER, { input })) {
    if (event === "error") throw new Error(data);
    if (event !== "output") continue;
    text += data;
    onText(data);
  }
  return text;
}

/** Draw the picture, and return its bytes. */
export async function draw(replicate, place) {
  const input = { prompt: `${place} in watercolors`, aspect_ratio: "16:9", output_format: "png" };
  const [picture] = await replicate.run(PAINTER, { input });
  return new Uint8Array(await (await picture.blob()).arrayBuffer());
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const replicate = new Replicate();
  const place = process.argv[2];
  await writeFile("postcard.png", await draw(replicate, place));
  await write(replicate, place, (text) => process.stdout.write(text));
}
