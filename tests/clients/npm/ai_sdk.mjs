// The Vercel AI SDK against a service: what it saw, as one JSON object. `node ai_sdk.mjs URL`
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";

const url = process.argv[2];
const polylect = createOpenAICompatible({ name: "polylect", baseURL: url, includeUsage: true });
const plain = { maxRetries: 0, prompt: "How are you?" };

const weather = tool({
  description: "The weather in a city.",
  inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"] }),
  execute: async ({ city }) => `sunny in ${city}`,
});

const counted = ({ inputTokens, outputTokens, totalTokens }) => [inputTokens, outputTokens, totalTokens];

async function parts(options) {
  const seen = { text: "", reasoning: "", error: null };
  const result = streamText({ ...options, onError: () => {} });
  for await (const part of result.fullStream) {
    if (part.type === "text-delta") seen.text += part.text;
    if (part.type === "reasoning-delta") seen.reasoning += part.text;
    if (part.type === "error") seen.error = part.error?.message ?? String(part.error);
    if (part.type === "finish") Object.assign(seen, { reason: part.finishReason, usage: counted(part.totalUsage) });
  }
  return seen;
}

async function see(model) {
  const whole = await generateText({ ...plain, model });
  const tools = { weather };
  const asked = { model, maxRetries: 0, prompt: "What is the weather in Lima?", tools, stopWhen: stepCountIs(2) };
  const called = await generateText(asked);
  return {
    whole: { text: whole.text, reason: whole.finishReason, usage: counted(whole.usage), model: whole.response.modelId },
    stream: await parts({ ...plain, model }),
    call: called.steps[0].toolCalls.map(({ toolName, input }) => [toolName, input]),
    afterTheCall: called.text,
    streamedAfterTheCall: (await parts(asked)).text,
  };
}

async function error(id, prompt) {
  try {
    await generateText({ model: polylect.chatModel(id), prompt, maxRetries: 0 });
    return null;
  } catch (caught) {
    return [caught.name, caught.statusCode, caught.data?.error?.code ?? null];
  }
}

const seen = {};
for (const mode of ["direct", "contextual", "multiplex"]) seen[mode] = await see(polylect.chatModel(`polylect/${mode}`));
seen.unknown = await error("polylect/nothing", "Hello");
seen.limited = await error("polylect/multiplex", "REFUSE");
seen.failed = await error("polylect/multiplex", "FAIL");
seen.broken = (await parts({ ...plain, prompt: "BREAK", model: polylect.chatModel("polylect/contextual") }));
console.log(JSON.stringify(seen));
