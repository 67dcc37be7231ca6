export { attachedTo } from "./attached.js";
export { readinessTests } from "./readiness.js";
export { timerTests } from "./timer.js";
