export { type Capability, capabilities } from "./capabilities.js";
export { createNodeLibcurlEngine, type NodeLibcurlEngineOptions } from "./engine.js";
export { nodeLibcurlUnavailable } from "./find.js";
export type { NodeEasy, NodeLibcurl, NodeMulti } from "./node-libcurl.js";
