import type { Attachment, LoopAdapter, LoopSink } from "@curlew/core";
import { type Choices, type Kernel, plainChoices } from "../kernel/index.js";
import { SimulatedAttachment } from "./attachment.js";
import { KernelWorld } from "./epoll-poller.js";
import type { World } from "./poller.js";

/** What a turn found: something to do, nothing yet, or nothing ever again. */
export type Turn = "served" | "waited" | "nothing";

/** What a turn takes: a loop that is always busy does get on. A power of two, so that sums are exact. */
const TURN_MS = 2 ** -7;

/** A loop that turns when it is told to, in a world where it owns order, batching, lateness and spurious wakeups. */
export class SimulatedLoop implements LoopAdapter {
  readonly name = "epoll-sim";
  readonly batches = true;
  readonly #world: World;
  readonly #choices: Choices;
  readonly #attachments = new Set<SimulatedAttachment>();

  constructor(world: World, choices: Choices = plainChoices) {
    this.#world = world;
    this.#choices = choices;
  }

  attach(sink: LoopSink): Attachment {
    const attachment = new SimulatedAttachment(sink, this.#world, this.#choices, (closed) => this.#detach(closed));
    this.#attachments.add(attachment);
    return attachment;
  }

  /** Whether an attachment keeps the process alive. */
  get held(): boolean {
    return [...this.#attachments].some((attachment) => attachment.held);
  }

  /** What is watched, over all attachments: [descriptor, interest]. */
  get watched(): (readonly [number, number])[] {
    return [...this.#attachments].flatMap((attachment) => attachment.watched);
  }

  /** When the next timer is due on the world's clock, ms; Infinity when none is set. */
  get dueMs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#attachments].map((attachment) => attachment.dueMs));
  }

  /** One turn. If nothing is ready time passes until the next thing, which the next turn finds. */
  turn(): Turn {
    let served = false;
    for (const attachment of [...this.#attachments]) served = attachment.serve() || served;
    // No loop blocks while something is ready (C 5.8). That may be so though nothing real was reported: who was told a
    // spurious report may have had it watched, or a batch that was cut short had room for a closed file only (P A10).
    if (served || this.#ready) {
      this.#world.passUntil(this.#world.nowMs + TURN_MS);
      return "served";
    }
    const next = Math.min(this.dueMs, this.#world.nextMs);
    if (next === Number.POSITIVE_INFINITY) return "nothing";
    this.#world.passUntil(Math.max(next, this.#world.nowMs));
    return "waited";
  }

  get #ready(): boolean {
    return [...this.#attachments].some(({ ready }) => ready);
  }

  #detach(attachment: SimulatedAttachment): void {
    if (this.#attachments.delete(attachment)) attachment.release();
  }
}

/** The loop of a simulated kernel. */
export function simulatedLoop(kernel: Kernel): SimulatedLoop {
  return new SimulatedLoop(new KernelWorld(kernel), kernel.choices);
}
