export * from "./kernel/index.js";
export * from "./loop/index.js";
export * from "./model/index.js";
