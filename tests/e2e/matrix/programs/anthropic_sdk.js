const Anthropic = require("@anthropic-ai/sdk").default;

const client = new Anthropic({ baseURL: process.argv[2], maxRetries: 0 });
const asked = { model: "claude-tap-1", max_tokens: 256, messages: [{ role: "user", content: "Is bus 7 late?" }] };

(async () => {
  console.log((await client.messages.create(asked)).content[0].text);
  for await (const event of await client.messages.create({ ...asked, stream: true })) console.log(event.type);
})();
