import {
  CURL_POLL_REMOVE,
  type EasyHandle,
  type GatheredKind,
  type GatheringEngine,
  type GatherVisitor,
  type Message,
  type MultiCallbacks,
  type PollAction,
  type SocketLife,
  TransferError,
} from "@curlew/core";

export class ScriptedEasy implements EasyHandle {
  paused = false;
  setopt(): void {}
  getinfo(): unknown {
    return undefined;
  }
  pause(bitmask: number): void {
    this.paused = bitmask !== 0;
  }
  cleanup(): void {}
  failure(curlCode: number): TransferError {
    return new TransferError("TRANSFER_FAILED", `code ${curlCode}`, { curlCode });
  }
}

type Reaction = (bits: number) => void;

/** An engine that does what a case says, for judging what drives it. It refuses nothing and remembers everything. */
export class ScriptedEngine implements GatheringEngine<ScriptedEasy> {
  readonly name = "scripted";
  readonly hazards = { earlyTimeoutLosesTimer: false, leavesInputUnread: false };
  /** Calls, in order: "action 7 1", "timeout", "remove". */
  readonly calls: string[] = [];
  /** Calls that came while a callback was on the stack. */
  readonly nested: string[] = [];
  /** What an action on a descriptor does; -1 is the timeout. */
  readonly reactions = new Map<number, Reaction>();
  readonly added = new Set<ScriptedEasy>();
  onRemove: () => void = () => {};
  onAll: () => void = () => {};
  /** What is told while the engine is freed. */
  onCleanup: () => void = () => {};
  timeoutMs = -1;
  running: number | undefined;
  cleaned = false;
  /** Descriptors whose close is announced. */
  readonly announced = new Set<number>();
  life: SocketLife | null = null;
  readonly #held = new Set<ScriptedEasy>();
  readonly #messages: Message<ScriptedEasy>[] = [];
  #gathered: { easy: ScriptedEasy; kind: GatheredKind; bytes: Uint8Array }[] = [];
  #inCallback = false;
  readonly #functions = { SOCKETFUNCTION: null, TIMERFUNCTION: null } as unknown as MultiCallbacks<ScriptedEasy>;

  setopt(option: string, value: unknown): void {
    (this.#functions as unknown as Record<string, unknown>)[option] = value;
  }

  addHandle(easy: ScriptedEasy): void {
    this.#called("add");
    this.added.add(easy);
    this.tellTimer(0);
  }

  removeHandle(easy: ScriptedEasy): void {
    this.#called("remove");
    this.added.delete(easy);
    this.onRemove();
  }

  socketAction(fd: number, bits: number): number {
    this.#called(fd === -1 ? "timeout" : `action ${fd} ${bits}`);
    this.reactions.get(fd)?.(bits);
    return this.running ?? this.added.size;
  }

  socketAll(): number {
    this.#called("all");
    this.onAll();
    return this.added.size;
  }

  timeout(): number {
    return this.timeoutMs;
  }

  assign(): void {}

  infoRead(): Message<ScriptedEasy> | undefined {
    return this.#messages.shift();
  }

  get unread(): number {
    return this.#messages.length;
  }

  cleanup(): void {
    this.#called("cleanup");
    this.onCleanup();
    this.cleaned = true;
  }

  watchSockets(life: SocketLife | null): void {
    this.life = life;
  }

  announcesClose(fd: number): boolean {
    return this.announced.has(fd);
  }

  prepare(): ScriptedEasy {
    return new ScriptedEasy();
  }

  collect(visit: GatherVisitor<ScriptedEasy>): void {
    const all = this.#gathered;
    this.#gathered = all.filter(({ easy }) => this.#held.has(easy));
    for (const { easy, kind, bytes } of all) if (!this.#held.has(easy)) visit(easy, kind, bytes);
  }

  gatheredBytes(): number {
    const told = this.#gathered.filter(({ easy, kind }) => kind === "body" && !this.#held.has(easy));
    return told.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  hold(easy: ScriptedEasy, held: boolean): void {
    if (held) this.#held.add(easy);
    else this.#held.delete(easy);
  }

  proceed(): number {
    this.#called("proceed");
    return 0;
  }

  send(): number {
    return 0;
  }

  // --- what libcurl would do -----------------------------------------------------------------------------------------

  tell(fd: number, action: PollAction, easy?: ScriptedEasy): unknown {
    return this.#callBack(() => this.#functions.SOCKETFUNCTION?.(easy, fd, action, undefined, undefined));
  }

  remove(fd: number): void {
    this.tell(fd, CURL_POLL_REMOVE);
  }

  tellTimer(timeoutMs: number): unknown {
    return this.#callBack(() => this.#functions.TIMERFUNCTION?.(timeoutMs, undefined));
  }

  finish(easy: ScriptedEasy, result = 0): void {
    this.#messages.push({ easy, result, queued: 0 });
  }

  gather(easy: ScriptedEasy, bytes: Uint8Array): void {
    this.#gathered.push({ easy, kind: "body", bytes });
  }

  #called(what: string): void {
    this.calls.push(what);
    if (this.#inCallback || this.cleaned) this.nested.push(what);
  }

  #callBack(run: () => unknown): unknown {
    this.#inCallback = true;
    try {
      return run();
    } finally {
      this.#inCallback = false;
    }
  }
}
