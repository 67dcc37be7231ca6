export type { Found, Poller, World } from "./poller.js";
export { SimulatedLoop, simulatedLoop, type Turn } from "./simulated-loop.js";
