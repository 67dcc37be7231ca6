export {
  type AnswerObserver,
  type BodyController,
  type BodySource,
  type Client,
  type ClientRequestOptions,
  type ClientTransfer,
  CurlewError,
  type ErrorCode,
  type Head,
  type HeaderFields,
  type Limits,
  LoopError,
  MisuseError,
  MultiError,
  type Observers,
  type Outcome,
  type Progress,
  type RequestBody,
  type RequestHeaders,
  type RequestOptions,
  type Transfer,
  type TransferControl,
  type TransferEngine,
  TransferError,
  type TransferInfos,
  type TransferObserver,
  type TransferPhase,
  type TransferRequest,
  type TransferSink,
} from "@curlew/core";
export type { Easy } from "@curlew/engine-libcurl";
export { type ClientOptions, createClient, get } from "./client.js";
export { type Diagnosis, diagnose } from "./doctor.js";
export { type LoopEntry, loops } from "./loops.js";
export type { SimulatedNetwork } from "./simulation.js";
export { createTransfers, type TransfersOptions } from "./transfers.js";
