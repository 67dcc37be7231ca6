export {
  type ChoiceKind,
  type Choices,
  choiceKinds,
  plainChoices,
  Random,
  SeededChoices,
} from "./choices.js";
export { type Alarm, Clock } from "./clock.js";
export { type ChoiceLimits, EnumeratedChoices } from "./enumerated-choices.js";
export type { EpollEvent } from "./epoll.js";
export * from "./epoll-constants.js";
export { type Errno, SyscallError } from "./errno.js";
export { Kernel, type KernelOptions } from "./kernel.js";
export type { Listener, Network } from "./network.js";
export { type Choice, RecordedChoices, RecordingChoices } from "./recorded-choices.js";
export { StreamSocket } from "./stream-socket.js";
