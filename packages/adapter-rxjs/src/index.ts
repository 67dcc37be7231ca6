export { fromLoop } from "./loop/from-loop.js";
export { type RxjsLoop, type RxjsLoopOptions, rxjsLoop } from "./loop/rxjs-loop.js";
export type { LoopSource, LoopStreams, Readiness } from "./loop/streams.js";
export type { TimerLimits } from "./loop/timer-limits.js";
