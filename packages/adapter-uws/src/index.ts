export { type BodyOfOptions, bodyOf, type RequestBodySource } from "./body-of.js";
export { endToEnd } from "./end-to-end.js";
export { findUws, uwsUnavailable } from "./find-uws.js";
export { type Piped, type PipeOptions, pipeToResponse } from "./pipe-to-response.js";
export type { UwsResponse } from "./uws.js";
