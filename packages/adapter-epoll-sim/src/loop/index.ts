export type { Found, Poller, World } from "./poller.js";
export { type Probe, ProbeWorld } from "./probe-poller.js";
export { SimulatedLoop, simulatedLoop, type Turn } from "./simulated-loop.js";
