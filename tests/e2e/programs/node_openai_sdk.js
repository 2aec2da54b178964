// Uses the chat, responses and embeddings APIs of the official `openai` package.
const OpenAI = require("openai");

const client = new OpenAI({ baseURL: process.argv[2] + "/v1", maxRetries: 0 });
const messages = [{ role: "user", content: "Is bus 7 late?" }];

(async () => {
  let reply = await client.chat.completions.create({ model: "gpt-4o-mini", messages });
  console.log(reply.choices[0].message.content, reply.usage.total_tokens);

  let stream = await client.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) console.log(chunk.choices.map((c) => c.delta.content), chunk.usage && chunk.usage.total_tokens);

  reply = await client.responses.create({ model: "gpt-5-mini", input: "Is bus 7 late?" });
  console.log(reply.output_text, reply.usage.output_tokens);

  stream = await client.responses.create({ model: "gpt-5-mini", input: "Is bus 7 late?", stream: true });
  for await (const event of stream) console.log(event.type);

  reply = await client.embeddings.create({ model: "text-embedding-3-small", input: "bus 7" });
  console.log(reply.data.length);

  try {
    await client.chat.completions.create({ model: "gpt-unauthorised", messages });
  } catch (e) {
    console.log(e.constructor.name, e.status);
  }
})();
