// Uses the messages API of the official `@anthropic-ai/sdk` package.
const Anthropic = require("@anthropic-ai/sdk");

const client = new Anthropic({ baseURL: process.argv[2], maxRetries: 0 });
const messages = [{ role: "user", content: "Is bus 7 late?" }];
const request = { model: "claude-tap-1", max_tokens: 256, messages };

(async () => {
  const reply = await client.messages.create(request);
  console.log(reply.content.map((c) => c.text), reply.usage.output_tokens);

  for await (const event of await client.messages.create({ ...request, stream: true })) console.log(event.type);

  const stream = client.messages.stream(request);
  console.log((await stream.finalMessage()).usage.output_tokens);
})();
