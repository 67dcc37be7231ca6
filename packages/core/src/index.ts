export { Client, type ClientOptions, type ClientRequestOptions, createClient } from "./client/client.js";
export type { ClientTransfer } from "./client/client-transfer.js";
export type { Head } from "./client/head.js";
export type { HeaderFields } from "./client/header-fields.js";
export type { TransferInfos } from "./client/infos.js";
export { defaultLimits, type Limits } from "./client/limits.js";
export type { TransferControl, TransferObserver } from "./client/observer.js";
export type { TransferHooks } from "./client/reception.js";
export type { BodyController, BodySource, RequestBody } from "./client/request-body.js";
export type { RequestHeaders } from "./client/request-headers.js";
export type { RequestOptions } from "./client/request-options.js";
export type { SignalLike } from "./client/runtime.js";
export type { AnswerObserver } from "./client/subscription.js";
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
  type TransferPhase,
} from "./errors.js";
export { callbackFailed } from "./failures.js";
export type { Observers } from "./observers.js";
export { type Ports, type RunInContext, reportError } from "./ports.js";
export { formatTrace, type LoopTrace, traceLoop } from "./trace.js";
export {
  checkSink,
  type Outcome,
  type Progress,
  type Transfer,
  type TransferEngine,
  type TransferSink,
} from "./transfer-engine.js";
export { createTransferEngine, type TransferEngineOptions } from "./transfers.js";
