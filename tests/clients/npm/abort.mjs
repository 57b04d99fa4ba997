// Begin a stream, abort it at its first sign of life, say so, and live on until stdin ends. `node abort.mjs URL MODEL`
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText } from "ai";

const [, , baseURL, model] = process.argv;
const polylect = createOpenAICompatible({ name: "polylect", baseURL });
const leaving = new AbortController();
const { fullStream } = streamText({
  model: polylect.chatModel(model),
  prompt: "SLOW",
  maxRetries: 0,
  abortSignal: leaving.signal,
  onError: () => {},
});
let ended = "";
for await (const part of fullStream) {
  if (part.type === "text-delta" || part.type === "reasoning-delta") leaving.abort();
  ended = part.type;
}
console.log(ended);
process.stdin.resume();
