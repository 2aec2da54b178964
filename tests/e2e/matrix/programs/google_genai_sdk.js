const { GoogleGenAI } = require("@google/genai");

const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY, httpOptions: { baseUrl: process.argv[2] } });
const asked = { model: "gemini-2.5-flash", contents: "Is bus 7 late?" };

(async () => {
  console.log((await client.models.generateContent(asked)).text);
  for await (const chunk of await client.models.generateContentStream(asked)) console.log(chunk.text);
})();
