const { ChatOpenAI } = require("@langchain/openai");

const configuration = { baseURL: process.argv[2] + "/v1" };
const model = new ChatOpenAI({ model: "gpt-4o-mini", configuration, maxRetries: 0, streamUsage: true });

(async () => {
  console.log((await model.invoke("Is bus 7 late?")).content);
  for await (const chunk of await model.stream("Is bus 7 late?")) console.log(chunk.content);
})();
