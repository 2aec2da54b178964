const { Agent, OpenAIResponsesModel, run } = require("@openai/agents");
const OpenAI = require("openai").default;

const client = new OpenAI({ baseURL: process.argv[2] + "/v1", maxRetries: 0 });
const model = new OpenAIResponsesModel(client, "gpt-5-mini");
const agent = new Agent({ name: "timetable", instructions: "Be brief.", model });

(async () => {
  console.log((await run(agent, "Is bus 7 late?")).finalOutput);
  const stream = await run(agent, "Is bus 7 late?", { stream: true });
  for await (const event of stream) console.log(event.type);
  console.log(stream.finalOutput);
})();
