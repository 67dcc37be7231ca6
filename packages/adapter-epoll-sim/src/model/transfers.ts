import { CURL_SOCKET_TIMEOUT, type GatherVisitor, type Message, MultiError } from "@curlew/core";
import type { Kernel } from "../kernel/index.js";
import type { Callbacks } from "./callbacks.js";
import { Connecting } from "./connecting.js";
import type { Connection } from "./connection.js";
import type { EasyOwner, ModelEasy } from "./easy.js";
import { Farewells } from "./farewells.js";
import type { Hosts } from "./hosts.js";
import type { Machine } from "./machine.js";
import { EASY_DONE, INFO_READ, Notifications } from "./notifications.js";
import { Pool } from "./pool.js";
import type { Profile } from "./profiles.js";
import { Resolver } from "./resolver.js";
import { SocketEntries } from "./socket-entries.js";
import { Sockets } from "./sockets.js";
import { Timer } from "./timer.js";
import { Transfer } from "./transfer.js";

const EASY_RECURSIVE_API_CALL = 93;
const NEVER = Number.POSITIVE_INFINITY;
/** Bodies of this world are small: 32 bytes are as much as 64 KiB are elsewhere. */
const SCALE = 2048;

/** The transfers of one multi: which run, in which order, and what is told afterwards (C 5.4). */
export class Transfers implements Machine, EasyOwner {
  readonly profile: Profile;
  readonly hosts: Hosts;
  readonly entries: SocketEntries;
  readonly sockets: Sockets;
  readonly resolver: Resolver;
  readonly pool: Pool;
  readonly notifications: Notifications;
  readonly #kernel: Kernel;
  readonly #callbacks: Callbacks;
  readonly #timer: Timer;
  readonly #farewells: Farewells;
  readonly #byEasy = new Map<ModelEasy, Transfer>();
  readonly #dirty = new Set<Transfer>();
  readonly #messages: { readonly transfer: Transfer; readonly result: number }[] = [];
  readonly #gathered = new Set<ModelEasy>();
  mostConnections = NEVER;
  #lastId = 0;

  constructor(kernel: Kernel, hosts: Hosts, profile: Profile, callbacks: Callbacks) {
    this.#kernel = kernel;
    this.hosts = hosts;
    this.profile = profile;
    this.#callbacks = callbacks;
    this.entries = new SocketEntries(profile, callbacks);
    this.notifications = new Notifications(callbacks);
    this.sockets = new Sockets(kernel, profile, this.entries, callbacks);
    this.resolver = new Resolver(kernel, profile, this.sockets, this.entries);
    this.pool = new Pool(
      kernel,
      () => ++this.#lastId,
      (connection) => this.#discard(connection),
    );
    this.#farewells = new Farewells(kernel, this.entries, this.sockets);
    this.#timer = new Timer(profile, callbacks, () => this.nowMs);
  }

  // --- what the multi offers -----------------------------------------------------------------------------------------

  add(easy: ModelEasy): void {
    const transfer = new Transfer(this, ++this.#lastId, easy);
    easy.owner = this;
    this.#byEasy.set(easy, transfer);
    this.#dirty.add(transfer);
    if (this.profile.wakeupFd === "when added") this.resolver.wakeup(true);
    this.#updateTimer();
  }

  remove(easy: ModelEasy): void {
    const transfer = this.#byEasy.get(easy) as Transfer;
    transfer.abandon();
    this.entries.assess(transfer, new Map());
    this.#byEasy.delete(easy);
    this.#dirty.delete(transfer);
    const unread = this.#messages.findIndex((message) => message.transfer === transfer);
    if (unread >= 0) this.#messages.splice(unread, 1);
    this.notifications.forget(easy);
    easy.owner = undefined;
    this.#promote(false); // ends are found by running, which removing is not (C 6.4)
    this.#settle();
  }

  action(fd: number, bits: number): number {
    if (fd === CURL_SOCKET_TIMEOUT) this.#timer.forget();
    else this.#markUsers(fd, bits);
    this.#farewells.run(fd);
    this.#markDue();
    this.#run();
    if (this.profile.secondRound && this.#markDue()) this.#run();
    this.#promote(true);
    return this.#finish();
  }

  /** For those without a loop: runs everything, and tells nothing of what it wants (C 2.15). */
  perform(): number {
    for (const transfer of this.#byEasy.values()) this.#dirty.add(transfer);
    this.#farewells.run(CURL_SOCKET_TIMEOUT);
    this.#run(() => {});
    return this.#finish();
  }

  /** Everything runs, and what is wanted is told anew (C 8.2). */
  actionOnAll(): number {
    for (const transfer of this.#byEasy.values()) {
      transfer.remember();
      this.#dirty.add(transfer);
    }
    this.#farewells.run(CURL_SOCKET_TIMEOUT);
    this.#run();
    this.#promote(true);
    this.entries.tellAll();
    return this.#finish();
  }

  timeout(): number {
    const expiry = this.#expiryMs;
    if (this.#callbacks.dead) return 0;
    return expiry === NEVER ? -1 : this.#timer.remaining(expiry);
  }

  /** Added and not done, started or not (C 5.9). */
  get running(): number {
    let count = 0;
    for (const { state } of this.#byEasy.values()) if (state !== "done") count++;
    return count;
  }

  get doneAndAdded(): number {
    return this.#byEasy.size - this.running;
  }

  get unread(): number {
    return this.#messages.length;
  }

  takeMessage(): Message<ModelEasy> | undefined {
    const message = this.#messages.shift();
    return message && { easy: message.transfer.easy, result: message.result, queued: this.#messages.length };
  }

  get bytesMoved(): number {
    let bytes = 0;
    for (const { infos } of this.#byEasy.keys()) bytes += Number(infos.SIZE_DOWNLOAD_T) + Number(infos.SIZE_UPLOAD_T);
    return bytes;
  }

  collect(visit: GatherVisitor<ModelEasy>): void {
    for (const easy of this.#gathered) {
      if (!easy.gather || easy.gather.held) continue;
      this.#gathered.delete(easy);
      for (const { kind, bytes } of easy.gather.takeAll()) visit(easy, kind, bytes);
    }
  }

  get gatheredBytes(): number {
    let bytes = 0;
    for (const { gather } of this.#gathered)
      if (gather && !gather.held)
        for (const event of gather.events) if (event.kind === "body") bytes += event.bytes.length;
    return bytes * SCALE;
  }

  gathered(easy: ModelEasy): void {
    this.#gathered.add(easy);
  }

  clear(): void {
    for (const [easy, transfer] of this.#byEasy) {
      transfer.abandon();
      this.entries.assess(transfer, new Map());
      easy.owner = undefined;
    }
    this.#byEasy.clear();
    this.#dirty.clear();
    this.#messages.length = 0;
    for (const connection of this.pool.all) this.#discard(connection); // may register before it removes (C 2.6)
    this.#farewells.endAll();
    this.resolver.close();
  }

  // --- what easies and transfers need --------------------------------------------------------------------------------

  /** Unpausing may call the data callbacks, the timer callback and the socket callback before it returns (C 11.3). */
  pauseChanged(easy: ModelEasy): void {
    const transfer = this.#byEasy.get(easy);
    if (!transfer || transfer.state === "done") return;
    if (this.#callbacks.insideOf("socket", "timer") && this.profile.pauseForbiddenInSocketCb)
      throw new MultiError("RECURSIVE_CALL", EASY_RECURSIVE_API_CALL, "curl_easy_pause: called inside a callback");
    if (!easy.receivingPaused) transfer.goOn();
    if (!easy.paused) this.#dirty.add(transfer);
    this.#assess(transfer);
    this.#updateTimer();
  }

  get nowMs(): number {
    return this.#kernel.clock.nowMs;
  }

  get dead(): boolean {
    return this.#callbacks.dead;
  }

  roomForConnection(): boolean {
    return this.#connections < this.mostConnections || this.pool.evict();
  }

  /** Those that stand, and those that are being made: both take a place. */
  get #connections(): number {
    let count = this.pool.size;
    for (const { state } of this.#byEasy.values()) if (state === "resolving" || state === "connecting") count++;
    return count;
  }

  connect(easy: ModelEasy, addresses: readonly string[]): Connecting {
    return new Connecting(this.#kernel, this.profile, this.sockets, easy, addresses);
  }

  soon(transfer: Transfer): void {
    if (this.#byEasy.has(transfer.easy)) this.#dirty.add(transfer);
  }

  finished(transfer: Transfer, result: number): void {
    this.entries.assess(transfer, new Map());
    this.notifications.note(EASY_DONE, transfer.easy);
    if (this.#messages.push({ transfer, result }) === 1) this.notifications.note(INFO_READ, undefined);
  }

  released(transfer: Transfer, connection: Connection, keep: boolean): void {
    this.entries.assess(transfer, new Map());
    if (connection.ended !== undefined && connection.idle) this.#close(connection, transfer.easy);
    else if (!keep && (!connection.multiplexed || connection.lastExchange) && connection.idle)
      this.#discard(connection);
  }

  callUser(callback: () => unknown): unknown {
    return this.#callbacks.run("data", callback);
  }

  // --- the order of things -------------------------------------------------------------------------------------------

  #markUsers(fd: number, bits: number): void {
    this.resolver.drain(fd);
    for (const user of this.entries.usersOf(fd)) {
      if (!(user instanceof Transfer)) continue;
      user.hint(bits);
      this.#dirty.add(user);
    }
    // The shared descriptor of all lookups belongs to nobody: those that wait for a name look.
    for (const transfer of this.#byEasy.values()) if (transfer.state === "resolving") this.#dirty.add(transfer);
  }

  #markDue(): boolean {
    let due = false;
    for (const transfer of this.#byEasy.values())
      if (transfer.deadlineMs <= this.nowMs) {
        this.#dirty.add(transfer);
        due = true;
      }
    return due;
  }

  /** Those that are to run now; what they cause to run again is for the next call, by a 0 timer. */
  #run(assess = (transfer: Transfer) => this.#assess(transfer)): void {
    const due = [...this.#dirty].sort((a, b) => a.id - b.id);
    this.#dirty.clear();
    for (const transfer of due) {
      if (!this.#byEasy.has(transfer.easy)) continue;
      transfer.run();
      assess(transfer);
    }
  }

  #assess(transfer: Transfer): void {
    this.entries.assess(transfer, transfer.wanted);
    if (transfer.easy.gather && transfer.easy.gather.events.length > 0) this.#gathered.add(transfer.easy);
  }

  /** A transfer that waited for a connection may have one now. */
  #promote(run: boolean): void {
    for (const transfer of this.#byEasy.values()) {
      if (transfer.state !== "pending") continue;
      if (this.#connections >= this.mostConnections && !this.pool.all.some((connection) => connection.idle)) return;
      transfer.state = "new";
      if (!run) {
        this.#dirty.add(transfer);
        continue;
      }
      transfer.run();
      this.#assess(transfer);
    }
  }

  /** The end of a call that runs transfers, in the order of C 5.4. */
  #finish(): number {
    this.notifications.dispatch();
    const { running } = this;
    this.#settle();
    return running;
  }

  #settle(): void {
    if (this.profile.wakeupFd === "while alive")
      this.resolver.wakeup([...this.#byEasy.values()].some(({ state }) => state !== "done" && state !== "new"));
    this.#updateTimer();
  }

  get #expiryMs(): number {
    if (this.#dirty.size > 0) return this.nowMs;
    let expiry = this.#farewells.deadlineMs;
    for (const transfer of this.#byEasy.values()) expiry = Math.min(expiry, transfer.deadlineMs);
    return expiry;
  }

  #updateTimer(): void {
    if (!this.#callbacks.dead) this.#timer.update(this.#expiryMs);
  }

  /** Closed in order: newer versions say goodbye first, over TLS. */
  #discard(connection: Connection): void {
    if (!this.profile.shutdownFd || !connection.key.startsWith("https:") || connection.ended !== undefined)
      return this.#close(connection, undefined);
    this.pool.drop(connection);
    this.#farewells.begin(connection);
  }

  #close(connection: Connection, easy: ModelEasy | undefined): void {
    this.pool.drop(connection);
    this.sockets.close(connection.fd, easy);
  }
}
