// The official JavaScript client against a service: what it saw, as one JSON object. `node openai.mjs URL`
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "How are you?" }];

async function see(model) {
  const whole = await client.chat.completions.create({ model, messages });
  const runner = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
  const streamed = await runner.finalChatCompletion();
  return {
    text: whole.choices[0].message.content,
    usage: whole.usage.total_tokens,
    requestId: whole._request_id,
    mode: whole.polylect?.mode ?? null,
    streamed: streamed.choices[0].message.content,
    streamedUsage: streamed.usage.total_tokens,
  };
}

async function error(model, content) {
  try {
    await client.chat.completions.create({ model, messages: [{ role: "user", content }] });
    return null;
  } catch (caught) {
    return [caught.constructor.name, caught.status, caught.code];
  }
}

const seen = {};
for (const mode of ["direct", "contextual", "multiplex"]) seen[mode] = await see(`polylect/${mode}`);
seen.unknown = await error("polylect/nothing", "Hello");
seen.limited = await error("polylect/multiplex", "REFUSE");
console.log(JSON.stringify(seen));
