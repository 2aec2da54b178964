// Usage: bun_handshake.js PORT NAME: a handshake with a server of that name, and no request.
const tls = require("tls");
const [port, servername] = process.argv.slice(2);
const socket = tls.connect({ host: "127.0.0.1", port: +port, servername });
socket.on("secureConnect", () => socket.destroy(console.log("open")));
socket.on("error", (e) => console.log(e.code));
socket.on("close", () => console.log("closed"));
