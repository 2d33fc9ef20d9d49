// Answers questions with a language model that streams.

export const MODEL = "acme/storyteller";

/** Ask the model; `onText` gets each piece of the answer as it comes. */
export async function answer(replicate, question, onText) {
  const input = { prompt: question, max_tokens: 64 };
  for await (const { event, data } of replicate.stream(MODEL, { input })) {
    if (event === "error") throw new Error(data);
    if (event === "output") onText(data);
  }
}
