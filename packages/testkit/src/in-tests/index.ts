export { fullServer, mute, raw } from "./odd-servers.js";
export { useServer } from "./use-server.js";
export { turns, until } from "./waiting.js";
