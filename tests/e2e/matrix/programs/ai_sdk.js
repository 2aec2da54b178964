const { createOpenAI } = require("@ai-sdk/openai");
const { generateText, streamText } = require("ai");

const model = createOpenAI({ baseURL: process.argv[2] + "/v1" }).chat("gpt-4o-mini");
const asked = { model, prompt: "Is bus 7 late?", maxRetries: 0 };

(async () => {
  console.log((await generateText(asked)).text);
  for await (const text of streamText(asked).textStream) console.log(text);
})();
