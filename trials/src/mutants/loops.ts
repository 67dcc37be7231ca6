import type { Mutation } from "./mutate.js";

const loop = (file: string, name: string, rule: string, ...edits: (readonly [string, string])[]): Mutation => ({
  ...{ name, rule, edits },
  file: `adapter-epoll-sim/src/loop/${file}.ts`,
});

/** Adapters with one mistake each: what users of libcurl's multi_socket interface got wrong, in issue after issue. */
export const brokenLoops: readonly Mutation[] = [
  loop("registrations", "merges unwatch and watch into a change of interest", "C 2.12", [
    "    this.#forget(known);\n    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
    "    this.#byId.delete(known.id);\n    queueMicrotask(() => this.#byFd.get(fd) === known && (this.#forget(known), this.#removeQuietly(fd)));\n  }\n\n  /** What is ready",
  ]),
  loop("registrations", "takes the number's word for it: the same interest needs no call", "C 2.12", [
    "    this.#forget(known);\n    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
    "    this.#byId.delete(known.id);\n  }\n\n  /** What is ready",
  ]),
  loop("registrations", "makes an unwatch a turn later, past a close", "contract, unwatch", [
    "    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
    "    queueMicrotask(() => this.#removeQuietly(fd));\n  }\n\n  /** What is ready",
  ]),
  loop("registrations", "leaks its watchers", "contract, unwatch", [
    "    this.#forget(known);\n    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
    "  }\n\n  /** What is ready",
  ]),
  loop("registrations", "throws for a descriptor that was closed first", "P 2", [
    'if (!["EBADF", "ENOENT", "EPERM"].includes(errnoOf(error) ?? "")) throw error;',
    "throw error;",
  ]),
  loop("registrations", "throws for a descriptor nobody watched", "P 7", ["    if (!known) return;\n", ""]),
  loop("registrations", "adds to the interest instead of replacing it", "C 2.2", [
    "const registration = { id: ++this.#lastId, fd, interest };",
    "const registration = { id: ++this.#lastId, fd, interest: ((known?.interest ?? 0) | interest) as Interest };",
  ]),
  loop(
    "registrations",
    "adds what is there already: EEXIST",
    "P 4",
    ["if (known) this.#poller.modify(fd, interest, id);\n      else", ""],
    ['else if (errnoOf(error) === "EEXIST") this.#poller.modify(fd, interest, id);', ""],
  ),
  loop("registrations", "changes what the kernel forgot: ENOENT", "P 5", [
    'if (errnoOf(error) === "ENOENT") this.#poller.add(fd, interest, id);\n      else ',
    "",
  ]),
  loop("registrations", "refuses without errno", "P 6", ["errno === undefined ? { cause: error } : { errno }", "{}"]),
  loop("registrations", "throws what the kernel threw", "contract, watch", [
    "throw refused(fd, error);",
    "throw error;",
  ]),
  loop("registrations", "swallows refusals", "contract, watch", ["throw refused(fd, error);", "void refused;"]),
  loop("registrations", "has no place for descriptor 0", "C38", [
    "  set(fd: number, interest: Interest): void {",
    "  set(fd: number, interest: Interest): void {\n    if (!fd) return;",
  ]),
  loop("registrations", "reports a duplicate of what was closed", "P 10", [
    "    this.#byId.delete(registration.id);\n",
    "",
  ]),
  loop("registrations", "reports the same descriptor twice", "C 2.4", [
    "      if (registration) ready.push({ registration, bits });",
    "      if (registration) ready.push({ registration, bits }, { registration, bits });",
  ]),
  loop("registrations", "starves all but the first", "P 29", [
    "    return ready;",
    "    return ready.sort((a, b) => a.registration.fd - b.registration.fd).slice(0, 1);",
  ]),
  loop("epoll-poller", "is edge-triggered", "C 5.8", [
    "return (interest & 1 ? EPOLLIN : 0) |",
    "return -0x80000000 | (interest & 1 ? EPOLLIN : 0) |",
  ]),
  loop("epoll-poller", "is one-shot, and does not arm again", "C36", [
    "return (interest & 1 ? EPOLLIN : 0) |",
    "return 0x40000000 | (interest & 1 ? EPOLLIN : 0) |",
  ]),
  loop("epoll-poller", "reports what was asked for instead of what is so", "P 13", [
    "(events & EPOLLIN ? CURL_CSELECT_IN : 0)",
    "(events ? CURL_CSELECT_IN : 0)",
  ]),
  loop("epoll-poller", "keeps errors to itself", "contract, ready", [
    "(events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0)",
    "0",
  ]),
  loop("epoll-poller", "watches for reading only", "contract, watch", ["(interest & 2 ? EPOLLOUT : 0)", "0"]),
  loop("attachment", "fires early", "C 4.8", [
    "this.#dueMs = this.#world.nowMs + delayMs;",
    "this.#dueMs = this.#world.nowMs + delayMs / 2;",
  ]),
  loop("attachment", "rounds down", "C 4.8", [
    "this.#dueMs = this.#world.nowMs + delayMs;",
    "this.#dueMs = this.#world.nowMs + Math.floor(delayMs);",
  ]),
  loop("attachment", "ignores -1", "C 4.2", [
    "  disarm(): void {\n    this.#dueMs = Number.POSITIVE_INFINITY;",
    "  disarm(): void {",
  ]),
  loop("attachment", "calls for a 0 at once", "C 4.2", [
    "    if (this.#closed) return;\n    this.#dueMs",
    "    if (this.#closed) return;\n    if (delayMs === 0) return this.#sink.expired();\n    this.#dueMs",
  ]),
  loop("attachment", "loses a 0 that is asked for while the timer is served", "C 4.9", [
    "    this.#dueMs = Number.POSITIVE_INFINITY;\n    this.#sink.expired();",
    "    this.#sink.expired();\n    this.#dueMs = Number.POSITIVE_INFINITY;",
  ]),
  loop("attachment", "loses a 0 that is asked for in a report", "contract, arm", [
    "    if (!this.#closed) this.#sink.batchEnd();",
    "    if (!this.#closed) this.#sink.batchEnd();\n    if (this.#dueMs <= this.#world.nowMs) this.#dueMs += 30_000;",
  ]),
  loop("attachment", "lets a 0 wait for the next event", "contract, arm", [
    "this.#dueMs = this.#world.nowMs + delayMs;",
    "this.#dueMs = this.#world.nowMs + (delayMs || 15_000);",
  ]),
  loop("attachment", "makes of each arm one more timer: the earliest fires", "C 4.1", [
    "this.#dueMs = this.#world.nowMs + delayMs;",
    "this.#dueMs = Math.min(this.#dueMs, this.#world.nowMs + delayMs);",
  ]),
  loop("attachment", "fires again and again", "C 4.1", [
    "    this.#dueMs = Number.POSITIVE_INFINITY;\n    this.#sink.expired();",
    "    this.#sink.expired();",
  ]),
  loop("attachment", "overflows with long delays", "C40", [
    "this.#dueMs = this.#world.nowMs + delayMs;",
    "this.#dueMs = this.#world.nowMs + (delayMs > 1e9 ? 1 : delayMs);",
  ]),
  loop("attachment", "serves no timer while descriptors are ready", "C 4.1", [
    "const late = !timerFirst && this.#expire();",
    "const late = !reported && !timerFirst && this.#expire();",
  ]),
  loop("attachment", "serves no descriptor while a timer is due", "C 4.9", [
    "const reported = this.#report();",
    "const reported = this.#dueMs > this.#world.nowMs && this.#report();",
  ]),
  loop("attachment", "reports what is ready from inside watch", "contract, re-entrancy", [
    "if (!this.#closed) this.#registrations.set(fd, interest);",
    "if (this.#closed) return;\n    this.#registrations.set(fd, interest);\n    for (const { registration, bits } of this.#registrations.wait(99)) if (registration.fd === fd) this.#sink.ready(fd, bits);",
  ]),
  loop(
    "attachment",
    "tells a batch's events one batch later, whatever became of them",
    "C 5.6",
    [
      "    const ready = this.#registrations.wait(most);",
      "    const now = this.#registrations.wait(most);\n    const self = this as unknown as { old?: typeof now };\n    const ready = self.old ?? [];\n    self.old = now;",
    ],
    ["if (this.#registrations.stands(registration)) this", "this"],
  ),
  loop("attachment", "does not end its batches", "contract, batches", [
    "    if (!this.#closed) this.#sink.batchEnd();",
    "",
  ]),
  loop(
    "attachment",
    "goes on reporting after close",
    "contract, close",
    ["      if (this.#closed) return true;\n", ""],
    ["if (this.#registrations.stands(registration)) this", "this"],
  ),
  loop(
    "attachment",
    "goes on after close",
    "contract, close",
    ["    this.#onClose();\n    return this.#closed;", "    return this.#closed;"],
    [
      "    if (this.#closed || this.#registrations.size === 0) return false;",
      "    if (this.#registrations.size === 0) return false;",
    ],
    ["      if (this.#closed) return true;\n", ""],
  ),
  loop(
    "attachment",
    "fires its timer after close",
    "contract, close",
    [
      "    this.disarm();\n    this.#held = false;\n    this.#onClose();",
      "    this.#held = false;\n    setTimeoutLike(() => this.#sink.expired());\n    this.#onClose();",
    ],
    [
      "export class SimulatedAttachment",
      "const setTimeoutLike = (run: () => void) => void Promise.resolve().then(run);\n\nexport class SimulatedAttachment",
    ],
  ),
  loop("attachment", "closes twice", "contract, close", [
    "    if (this.#closed) return this.#closed;\n",
    "    if (this.#closed) throw new Error('closed already');\n",
  ]),
  loop("attachment", "never finishes closing", "contract, close", [
    "this.#closed = Promise.resolve();",
    "this.#closed = new Promise(() => {});",
  ]),
  loop("attachment", "throws when it is used after close", "contract, close", [
    "    if (!this.#closed) this.#registrations.delete(fd);",
    "    if (this.#closed) throw new Error('closed');\n    this.#registrations.delete(fd);",
  ]),
  loop("attachment", "lets descriptors hold the process", "C 6.9", [
    "    return this.#held;",
    "    return this.#held || this.#registrations.size > 0;",
  ]),
  loop("attachment", "lets its timer hold the process", "C 6.9", [
    "    return this.#held;",
    "    return this.#held || this.#dueMs < Infinity;",
  ]),
  loop(
    "attachment",
    "counts who holds the process",
    "contract, hold",
    ["  #held = false;\n", "  #held = false;\n  #holds = 0;\n"],
    ["this.#held = alive && !this.#closed;", "this.#held = (this.#holds += alive ? 1 : -1) > 0 && !this.#closed;"],
  ),
  loop("attachment", "does not hold the process", "C 6.9", [
    "this.#held = alive && !this.#closed;",
    "this.#held = false && alive;",
  ]),
  loop("simulated-loop", "ends batches it never declared", "contract, batches", [
    "readonly batches = true;",
    "readonly batches = false;",
  ]),
  loop("simulated-loop", "serves its first attachment only", "contract, attach", [
    "for (const attachment of [...this.#attachments])",
    "for (const attachment of [...this.#attachments].slice(0, 1))",
  ]),
  loop("simulated-loop", "closes all attachments with one", "contract, attach", [
    "if (this.#attachments.delete(attachment)) attachment.release();",
    "if (this.#attachments.delete(attachment)) attachment.release();\n    this.#attachments.clear();",
  ]),
  loop(
    "attachment",
    "makes up for the time it missed: fires several times",
    "P 21",
    [
      "    this.#sink.expired();\n    return true;",
      "    for (let i = 0; i < times; i++) this.#sink.expired();\n    return true;",
    ],
    [
      "this.#dueMs > this.#world.nowMs) return false;",
      "this.#dueMs > this.#world.nowMs) return false;\n    const times = this.#world.nowMs > this.#dueMs + 1000 ? 3 : 1;",
    ],
  ),
  loop(
    "attachment",
    "lets reports pile up while the process is busy",
    "P 37",
    [
      "    const ready = this.#registrations.wait(most);",
      "    const from = this.#world.nowMs;\n    const ready = this.#registrations.wait(most);",
    ],
    [
      "    if (!this.#closed) this.#sink.batchEnd();\n    return real;",
      "    if (!this.#closed) this.#sink.batchEnd();\n    for (let missed = from; missed + 10 < this.#world.nowMs; missed += 10)\n      for (const { registration, bits } of ready)\n        if (!this.#closed && this.#registrations.stands(registration)) {\n          this.#sink.ready(registration.fd, bits);\n          this.#sink.batchEnd();\n        }\n    return real;",
    ],
  ),
  loop("attachment", "takes the timer back with each unwatch", "contract, attach", [
    "    if (!this.#closed) this.#registrations.delete(fd);",
    "    if (!this.#closed) this.#registrations.delete(fd);\n    this.#dueMs = Number.POSITIVE_INFINITY;",
  ]),
  loop("attachment", "has no patience with who takes back nothing", "contract, disarm", [
    "  disarm(): void {\n",
    "  disarm(): void {\n    if (this.#dueMs === Number.POSITIVE_INFINITY && !this.#closed) throw new Error('nothing is armed');\n",
  ]),
  loop("attachment", "reports nothing while it does not hold the process", "contract, hold", [
    "const timerFirst = ",
    "if (!this.#held) return false;\n    const timerFirst = ",
  ]),
  loop("attachment", "has no clock any more once it is closed", "contract, now", [
    "    return this.#world.nowMs;\n  }\n\n  hold",
    "    return this.#closed ? 0 : this.#world.nowMs;\n  }\n\n  hold",
  ]),
  loop("attachment", "goes through with a timer that a report took back", "C 4.2", [
    "    const reported = this.#report();\n    const late = !timerFirst && this.#expire();",
    "    const dueMs = this.#dueMs;\n    const due = dueMs <= this.#world.nowMs;\n    const reported = this.#report();\n    if (due && this.#dueMs === Number.POSITIVE_INFINITY) this.#dueMs = dueMs;\n    const late = !timerFirst && this.#expire();",
  ]),
  loop("attachment", "counts from the deadline before, not from now", "C 4.1", [
    "this.#dueMs = this.#world.nowMs + delayMs;",
    "this.#dueMs = (delayMs > 0 && this.#dueMs < 1e12 ? this.#dueMs : this.#world.nowMs) + delayMs;",
  ]),
  loop("registrations", "does not watch again what was in error", "C 16.1", [
    "      if (registration) ready.push({ registration, bits });",
    "      if (registration) ready.push({ registration, bits });\n      if (registration && bits & 4) this.#removeQuietly(registration.fd);",
  ]),
  loop("registrations", "reports what is ready from the start as an error at first", "contract, watch", [
    "      if (registration) ready.push({ registration, bits });",
    "      if (registration) ready.push({ registration, bits: (registration as { old?: boolean }).old ? bits : bits | 4 });\n      if (registration) (registration as { old?: boolean }).old = true;",
  ]),
  loop(
    "registrations",
    "loses an unwatch in the turn of its watch",
    "P 3",
    [
      "    this.#forget(known);\n    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
      "    const fresh = (this as unknown as { waits?: number; }).waits === (known as { at?: number }).at;\n    if (fresh) return;\n    this.#forget(known);\n    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
    ],
    [
      "const registration = { id: ++this.#lastId, fd, interest };",
      "const registration = { id: ++this.#lastId, fd, interest, at: ((this as unknown as { waits?: number }).waits ??= 0) };",
    ],
    ["    let ghosts = false;", "    let ghosts = false;\n    (this as unknown as { waits: number }).waits++;"],
  ),
  loop("registrations", "keeps on its books what was refused", "contract, watch", [
    "      throw refused(fd, error);",
    "      this.#byFd.set(fd, registration);\n      throw refused(fd, error);",
  ]),
  loop("registrations", "forgets the others when it is rid of a ghost", "P A10", [
    "this.#poller.add(fd, interest, id);\n  }\n\n  #forget",
    "void [fd, interest, id];\n  }\n\n  #forget",
  ]),
  loop("registrations", "calls every refusal EPERM", "contract, watch", [
    "  const errno = errnoOf(error);",
    "  const errno = 'EPERM';\n  void errnoOf;",
  ]),
  loop(
    "epoll-poller",
    "closes what it has watched when it is closed",
    "contract, close",
    [
      "    this.#kernel.close(this.#epfd);\n",
      "    this.#kernel.close(this.#epfd);\n    for (const fd of new Set((this as unknown as { own?: number[] }).own)) if (this.#kernel.identity(fd)) this.#kernel.close(fd);\n",
    ],
    [
      "    this.#kernel.epollCtl(this.#epfd, EPOLL_CTL_ADD,",
      "    ((this as unknown as { own?: number[] }).own ??= []).push(fd);\n    this.#kernel.epollCtl(this.#epfd, EPOLL_CTL_ADD,",
    ],
  ),
  loop("epoll-poller", "takes INOUT for IN", "C 2.2", [
    "(interest & 2 ? EPOLLOUT : 0)",
    "(interest === 2 ? EPOLLOUT : 0)",
  ]),
  loop("simulated-loop", "serves the next attachment only when the ones before are idle", "contract, attach", [
    "served = attachment.serve() || served;",
    "served = served || attachment.serve();",
  ]),
  loop("registrations", "gets tired of a descriptor after four reports", "C 5.8", [
    "      if (registration) ready.push({ registration, bits });",
    "      const tired = registration as { reports?: number } | undefined;\n      if (tired) tired.reports = (tired.reports ?? 0) + 1;\n      if (registration && (tired?.reports ?? 0) <= 4) ready.push({ registration, bits });",
  ]),
  loop("registrations", "parks what was unwatched, and reports its hang-up", "P A11", [
    "    this.#forget(known);\n    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
    "    this.#byFd.delete(fd);\n    try {\n      this.#poller.modify(fd, 0 as Interest, known.id);\n    } catch {}\n  }\n\n  /** What is ready",
  ]),
  loop("attachment", "serves what is due when it lets go of the process", "contract, re-entrancy", [
    "    this.#held = alive && !this.#closed;",
    "    this.#held = alive && !this.#closed;\n    if (!alive) this.serve();",
  ]),
  loop("attachment", "serves its timer once more when it is closed", "contract, close", [
    "    this.disarm();\n    this.#held = false;",
    "    this.#dueMs < Number.POSITIVE_INFINITY && this.#sink.expired();\n    this.disarm();\n    this.#held = false;",
  ]),
  loop("attachment", "ends a batch twice when it was closed at its end", "contract, close", [
    "    if (!this.#closed) this.#sink.batchEnd();\n    return real;",
    "    if (!this.#closed) {\n      this.#sink.batchEnd();\n      if (this.#closed) this.#sink.batchEnd();\n    }\n    return real;",
  ]),
  loop(
    "attachment",
    "keeps its timer when it is closed",
    "contract, close",
    [
      "    this.disarm();\n    this.#held = false;\n    this.#onClose();",
      "    this.#held = false;\n    this.#registrations.close();",
    ],
    ["if (this.#closed || this.#dueMs > this.#world", "if (this.#dueMs > this.#world"],
  ),
  loop(
    "registrations",
    "watches a number again a while after it was unwatched",
    "contract, unwatch",
    [
      "    this.#forget(known);\n    this.#removeQuietly(fd);\n  }\n\n  /** What is ready",
      "    this.#forget(known);\n    this.#removeQuietly(fd);\n    ((this as unknown as { gone?: [Registration, number][] }).gone ??= []).push([known, 3]);\n  }\n\n  /** What is ready",
    ],
    [
      "    let ghosts = false;",
      "    let ghosts = false;\n    for (const entry of (this as unknown as { gone?: [Registration, number][] }).gone ?? []) {\n      const [known] = entry;\n      if (--entry[1] !== 0 || this.#byFd.has(known.fd)) continue;\n      try {\n        this.#poller.add(known.fd, known.interest, known.id);\n        this.#byId.set(known.id, known);\n      } catch {}\n    }",
    ],
  ),
];
