import { AsyncResource } from "node:async_hooks";
import {
  CurlewError,
  checkSink,
  type Ports,
  type RunInContext,
  reportError,
  type Transfer,
  type TransferEngine,
  TransferError,
  type TransferRequest,
  type TransferSink,
} from "@curlew/core";
import { Library } from "./library.js";
import { Lingering } from "./lingering.js";
import type { NodeEasy, NodeLibcurl, NodeMulti } from "./node-libcurl.js";
import { NodeTransfer, type TransferOwner } from "./transfer.js";
import { Turn } from "./turn.js";

export interface NodeLibcurlEngineOptions {
  /** What node-libcurl exports, version 4 or 5. Default: the one that is installed. */
  readonly nodeLibcurl?: NodeLibcurl | undefined;
  readonly ports?: Ports | undefined;
}

/**
 * Transfers by node-libcurl, on the loop it has for itself. What it cannot do is in {@link capabilities}.
 * @throws MisuseError WRONG_TYPE; CurlewError NO_NODE_LIBCURL
 */
export function createNodeLibcurlEngine(options: NodeLibcurlEngineOptions = {}): TransferEngine {
  return new NodeTransfers(new Library(options.nodeLibcurl), options.ports ?? {});
}

/** The context of who started a transfer is restored for its sink: what node-libcurl calls in is anybody's. */
function bindContext(): RunInContext {
  const resource = new AsyncResource("CurlewTransfer");
  return (run, ...args) => resource.runInAsyncScope(run, undefined, ...args);
}

class NodeTransfers implements TransferEngine, TransferOwner {
  readonly name = "node-libcurl";
  readonly library: Library;
  readonly turn = new Turn(
    () => this.#deliver(),
    (error) => this.report(error),
  );
  readonly #ports: Ports;
  readonly #multi: NodeMulti;
  /** Those without an outcome yet. */
  readonly #transfers = new Map<NodeEasy, NodeTransfer>();
  readonly #lingering: Lingering;
  #due = new Set<NodeTransfer>();
  #holding: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;
  #resolveClosed: (() => void) | undefined;

  constructor(library: Library, ports: Ports) {
    this.library = library;
    this.#ports = ports;
    this.#multi = new library.module.Multi();
    this.#lingering = new Lingering(library, this.#multi, this.turn);
    this.#multi.onMessage((error, easy, curlCode) => {
      this.#transfers.get(easy)?.libcurlEnded(curlCode, error);
      this.#lingering.ended(easy);
    });
  }

  start(request: TransferRequest, sink: TransferSink): Transfer {
    if (this.closing) throw new CurlewError("CLOSED", "this transfer engine was closed; make a new one");
    checkSink(sink);
    const transfer = new NodeTransfer(this, request, sink, (this.#ports.bindContext ?? bindContext)());
    this.#transfers.set(transfer.easy, transfer);
    this.turn.submit(() => this.#add(transfer));
    this.#hold();
    return transfer;
  }

  now(): number {
    return performance.now();
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#resolveClosed = resolve;
      for (const transfer of this.#transfers.values())
        transfer.closed(new TransferError("CLOSED", "closed before the transfer had ended"));
      this.turn.ask();
    });
    return this.#closed;
  }

  // --- TransferOwner -------------------------------------------------------------------------------------------------

  get closing(): boolean {
    return this.#closed !== undefined;
  }

  due(transfer: NodeTransfer): void {
    this.#due.add(transfer);
    this.turn.ask();
  }

  withdraw(transfer: NodeTransfer): void {
    const { easy } = transfer;
    this.#transfers.delete(easy);
    if (!transfer.added) return;
    transfer.added = false;
    if (transfer.mayBeResolving) this.#lingering.add(easy);
    else this.#multi.removeHandle(easy);
  }

  free({ easy }: NodeTransfer): void {
    if (!this.#lingering.has(easy)) this.library.free(easy);
  }

  again(transfer: NodeTransfer): void {
    if (!this.#transfers.has(transfer.easy) || transfer.ended) return; // cancelled, or failed, meanwhile
    let easy: NodeEasy;
    try {
      easy = transfer.prepareAgain();
    } catch (error) {
      return transfer.fail(error as CurlewError);
    }
    this.withdraw(transfer);
    this.free(transfer);
    transfer.goOnWith(easy);
    this.#transfers.set(transfer.easy, transfer);
    this.#add(transfer);
  }

  report(error: unknown): void {
    reportError(this.#ports, error);
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  #add(transfer: NodeTransfer): void {
    if (!this.#transfers.has(transfer.easy) || transfer.ended) return; // cancelled, or failed, while it was queued
    try {
      this.#multi.addHandle(transfer.easy);
      transfer.added = true;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      transfer.fail(new CurlewError("MULTI_FAILED", `node-libcurl would not take the transfer: ${why}`, cause));
    }
  }

  #deliver(): void {
    const due = this.#due;
    this.#due = new Set();
    for (const transfer of due) this.turn.submit(() => transfer.deliver());
    this.#hold();
    if (this.closing && this.#transfers.size === 0 && this.#lingering.none) this.#finish();
  }

  /** A transfer keeps the process, also one that is paused, whose socket node-libcurl does not watch (C 6.9). */
  #hold(): void {
    if (this.#transfers.size > 0) this.#holding ??= setInterval(() => {}, 2 ** 31 - 1);
    else {
      clearInterval(this.#holding);
      this.#holding = undefined;
    }
  }

  #finish(): void {
    if (!this.#resolveClosed) return;
    this.#multi.close();
    this.#resolveClosed();
    this.#resolveClosed = undefined;
  }
}
