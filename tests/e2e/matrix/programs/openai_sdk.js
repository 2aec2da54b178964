const OpenAI = require("openai").default;

const client = new OpenAI({ baseURL: process.argv[2] + "/v1", maxRetries: 0 });
const messages = [{ role: "user", content: "Is bus 7 late?" }];

(async () => {
  const reply = await client.chat.completions.create({ model: "gpt-4o-mini", messages });
  console.log(reply.choices[0].message.content, reply.usage.total_tokens);
  const asked = { model: "gpt-4o-mini", messages, stream: true, stream_options: { include_usage: true } };
  for await (const chunk of await client.chat.completions.create(asked)) console.log(chunk.choices.map((c) => c.delta.content));
  console.log((await client.responses.create({ model: "gpt-5-mini", input: "Is bus 7 late?" })).output_text);
  const events = await client.responses.create({ model: "gpt-5-mini", input: "Is bus 7 late?", stream: true });
  for await (const event of events) console.log(event.type);
})();
