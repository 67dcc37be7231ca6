export { type Capability, capabilities } from "./capabilities.js";
export { createNodeLibcurlEngine, type NodeLibcurlEngineOptions } from "./engine.js";
export { nodeLibcurlVersions } from "./find.js";
export type { NodeEasy, NodeLibcurl, NodeMulti } from "./node-libcurl.js";
