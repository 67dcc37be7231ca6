/**
 * The contract between a driver and an event loop.
 *
 * libcurl's multi_socket interface asks two things of the application that owns the loop: to watch descriptors and to
 * keep one timer. This file says exactly what that means. It is a specification that happens to compile: an adapter is
 * right when everything here is true of it, and the driver relies on nothing that is not here. MUST, MUST NOT, MAY and
 * SHOULD are those of RFC 2119; "undefined" means that the driver makes no promise and the adapter need not care.
 *
 * Words. A *descriptor* is anything the operating system can poll: a socket, a pipe, an eventfd (C 2.13). *Interest* is
 * what is wanted on it, *readiness* is what was seen on it. A *registration* begins with the first `watch` of a number
 * that is not registered and ends with `unwatch`; it has a *generation*, because one number can be closed and opened
 * again between two turns of the loop and then names another kernel object (C 2.12). A *batch* is what one wait of the
 * loop found. A *fresh stack* means: called by the loop, with no frame of the driver or of a user below.
 *
 * # The tick
 *
 * What the driver does when the loop wakes it. Adapters only need step 1; the rest is here because it explains
 * why the hooks are called when they are.
 *
 * 1. The loop reports a batch: `ready` for each descriptor, then `batchEnd`. The driver notes the generation of each
 *    report as it arrives. Nothing else happens until `batchEnd`, so a batch is judged by the registrations of the
 *    moment it was found in.
 * 2. For each report whose generation is still current the engine gets `socketAction(fd, bits)`. A report whose
 *    descriptor was unwatched or registered again in the meantime is dropped (C 5.6). If the deadline has passed, the
 *    driver forgets its own timer first, then calls `socketAction(CURL_SOCKET_TIMEOUT, 0)` (C 6.3). During these calls
 *    the engine asks for `watch` and `unwatch`; they reach the adapter inside the call, at once and in order (C 2.12).
 * 3. What users asked for meanwhile (add, remove, pause, close) was queued and runs now, when no engine call is on the
 *    stack: libcurl refuses most calls inside its callbacks and forgets to refuse some (C 10).
 * 4. All messages are read; each finished handle is removed from the engine, then noted (C 9).
 * 5. Only now does user code run: headers, chunks, trailers and outcomes, at most a budget of them per tick. A throw
 *    fails the transfer it belongs to and no other. What users ask for here runs at once. What is gathered of later
 *    things stays in the engine until all before it was told: there it counts against high-water marks. Where a report
 *    has brought much of a body, 64 KiB or more, this step comes before the next report is acted on, so that it is told
 *    while it is in the processor's cache; then a 0 timer, once, as that may bring what users have made room for.
 * 6. If the engine asked for a 0 timer meanwhile, steps 2 to 5 run again, at most four times a wakeup; then `arm(0)`,
 *    so that other users of the loop get their turn (C 4.9).
 * 7. Descriptors whose removal could safely wait, was asked for 20 ms before this tick began, and was not taken back, are
 *    unwatched. One that is reported meanwhile is so at once.
 * 8. The timer is set to the last value the engine told, or to what the driver waits for itself where that is earlier:
 *    `arm`, `disarm`, or nothing when it did not change (C 4.1). Without transfers step 7 is such a thing: the timer is
 *    then set while the process is not held, and need not keep it alive.
 *
 * # Re-entrancy
 *
 * The driver calls any hook at any time: inside `ready`, `batchEnd` and `expired`, inside `attach`, between turns, and
 * from user code. An adapter MUST NOT call its sink from inside a hook, whatever the hook finds: neither a descriptor
 * that is ready already nor a delay of 0 is a reason. It MUST NOT call two sink functions at the same time, or from
 * another thread. After `close` was called it MUST NOT call the sink at all.
 *
 * An adapter MUST expect that a descriptor it is about to report has been unwatched by the report before it, and that
 * the driver has been closed by it. Reporting such a descriptor all the same is allowed where the loop makes that hard
 * to avoid, but only inside the same batch: the driver drops it by its generation. In a later batch it would be taken
 * for the new registration.
 *
 * # What an adapter need not do
 *
 * Bookkeeping. The driver keeps the table of descriptors, the generations, the deadline and all queues. An adapter holds
 * what its loop needs and nothing else: the smallest is about sixty lines.
 */

import type { Interest } from "./constants.js";
import type { LoopError } from "./errors.js";

/**
 * An event loop that libcurl can be driven by. One adapter MAY be attached any number of times; attachments are
 * independent of each other.
 */
export interface LoopAdapter {
  /** How the loop is called in tables and messages: "libuv", "epoll". */
  readonly name: string;

  /**
   * Whether `batchEnd` is called. `true`: reports are collected and acted on at `batchEnd`, which MUST follow every run
   * of `ready` before the loop waits again. `false` or absent, for loops that report one descriptor at a time and cannot
   * tell which report is the last: every `ready` is a batch of one.
   */
  readonly batches?: boolean;

  /**
   * Makes an attachment that reports to `sink`. MUST NOT call the sink before it returns. MAY throw a {@link LoopError}
   * when the loop does not exist here, saying why.
   *
   * The attachment starts with nothing watched, no timer, and not holding the process.
   */
  attach(sink: LoopSink): Attachment;
}

/** What the driver asks of the loop. Every hook MUST return promptly and MUST NOT wait for anything. */
export interface Attachment {
  /**
   * Registers `fd`, or replaces the interest of its registration. The interest is complete: IN after OUT means IN only
   * (C 2.2). Asking for what is registered already MUST be harmless: libcurl up to 8.12 repeats itself (C 2.4).
   *
   * From the moment this returns, the descriptor MUST be reported while it is ready in a wanted direction, on every turn
   * of the loop, until that is no longer so: level-triggered (C 5.8). A descriptor that is ready when it is registered
   * MUST be reported like one that becomes ready. Loops that report once and fall silent must be armed again after each
   * `batchEnd` for every registration that still stands.
   *
   * The registration belongs to the kernel object that bears the number now. After `unwatch(fd)` a `watch(fd)` MUST be a
   * new registration, also in the same turn, and MUST NOT be merged with the old one into a change of interest.
   *
   * @param fd 0 or above. 0 is a descriptor like others.
   * @throws {@link LoopError} with `errno`, when the loop refuses. `EPERM` says that this kind of object cannot be
   * polled: the driver then treats it as always ready. Any other refusal fails all transfers of the engine, because
   * a descriptor cannot be mapped to one of them (C 2.10). After a throw the descriptor MUST be unregistered.
   */
  watch(fd: number, interest: Interest): void;

  /**
   * Ends the registration of `fd`, before this returns. The number may be closed by the next instruction and be given to
   * an unrelated file, which the loop MUST NOT go on watching.
   *
   * MUST NOT throw for a descriptor that is unknown, closed already, or now another file's: libcurl removes what was
   * never announced (8.13 to 8.15, C 2.7) and closes before it removes (7.88.0 to 8.1.2, C 2.8).
   */
  unwatch(fd: number): void;

  /**
   * Sets the one timer, replacing whatever was set: `expired` is to be called once, not earlier than `delayMs` from now,
   * from a fresh stack. Later is allowed and only slow; earlier makes the driver arm again for the rest. Rounding MUST go
   * up (C 4.8).
   *
   * `arm(0)` asks for `expired` before the loop next blocks, whatever the loop is doing at this moment: running timers,
   * reports, or user code of any kind. A 0 that waits for some later event loses whole round trips: HTTP/2 asks for one
   * after nearly every frame.
   *
   * @param delayMs milliseconds, 0 or above, possibly fractional, at most 2^31 - 1.
   */
  arm(delayMs: number): void;

  /** Takes back `arm`. Harmless when nothing is armed. `expired` MUST NOT follow until the next `arm`. */
  disarm(): void;

  /**
   * The loop's monotonic clock in milliseconds, of any origin, fractional where the loop can. The only clock the core
   * reads: in a simulation time is what this says. MUST NOT go backwards; SHOULD advance while JavaScript is busy.
   */
  now(): number;

  /**
   * Whether this attachment keeps the process alive. Nothing else of it may: neither watched descriptors nor the timer.
   * A paused transfer watches nothing and still holds; an idle connection is watched during its shutdown and does not
   * (C 6.9, 12.3). Loops without such a notion MAY ignore it.
   */
  hold(alive: boolean): void;

  /**
   * Gives back everything the attachment has of the loop. Idempotent: each call resolves when the last of it is gone, and
   * the process is not held any more. No hook is called afterwards except `now`, `unwatch` and `close`, which stay
   * harmless.
   */
  close(): Promise<void>;
}

/** What the loop tells the driver. Implemented by the driver; no function of it throws. */
export interface LoopSink {
  /**
   * `fd` is ready: a mask of CURL_CSELECT_IN, CURL_CSELECT_OUT and CURL_CSELECT_ERR. Bits that were not asked for do
   * harm (a socket that only became writable MUST NOT be reported as readable), except for errors and hang-ups, which
   * MUST be reported whatever the interest is: as ERR, alone or with directions. Spurious reports are allowed (C 5.7).
   *
   * If the loop stops watching a descriptor after an error, the adapter MUST start it again once the batch is over, for
   * registrations that still stand: libcurl does not repeat an unchanged one (C 16.1).
   */
  ready(fd: number, bits: number): void;

  /** The batch is complete. Only for adapters that declare `batches`. */
  batchEnd(): void;

  /** The timer passed. It is not armed any more. */
  expired(): void;

  /**
   * The loop itself is broken: nothing will be reported from now on. All transfers fail with LOOP_FAILED and the
   * attachment is closed.
   */
  failed(error: LoopError): void;
}
