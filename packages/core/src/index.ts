export * from "./constants.js";
export type { Attachment, LoopAdapter, LoopSink } from "./contract.js";
export { Driver } from "./driver.js";
export type { DriverOptions } from "./driver-options.js";
export type {
  EasyHandle,
  EngineHazards,
  GatheredKind,
  GatheringEngine,
  GatherVisitor,
  Message,
  MultiCallbacks,
  MultiEngine,
  SocketFunction,
  SocketLife,
  TimerFunction,
  TransferRequest,
} from "./engine.js";
export {
  CurlewError,
  type ErrorCode,
  errorCodes,
  LoopError,
  MisuseError,
  MultiError,
  TransferError,
} from "./errors.js";
export type { Observers } from "./observers.js";
export type { Ports, RunInContext } from "./ports.js";
export { formatTrace, type LoopTrace, traceLoop } from "./trace.js";
export type { Outcome, Transfer, TransferEngine, TransferSink } from "./transfer-engine.js";
export { createTransferEngine, type TransferEngineOptions } from "./transfers.js";
