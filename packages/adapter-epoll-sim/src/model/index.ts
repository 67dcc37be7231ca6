export type { ModelObserver } from "./callbacks.js";
export { CURL_WRITEFUNC_PAUSE, ModelEasy } from "./easy.js";
export type { Host, Hosts } from "./hosts.js";
export { Judge, type Violation } from "./judge.js";
export { Model, type ModelOptions } from "./model.js";
export { type Profile, profiles } from "./profiles.js";
export { type Rule, ruleNames, rules } from "./rules.js";
export { type AnswerRequest, type SimulatedAnswer, type SimulatedRequest, serve } from "./server.js";
