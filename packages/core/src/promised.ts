/**
 * A promise that is made when it is first asked for: what nobody asks for cannot be an unhandled rejection, and costs nothing.
 * The first outcome stays.
 */
export class Promised<T> {
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #outcome: unknown;
  #make: (() => T) | undefined;
  #promise: Promise<T> | undefined;
  #resolve: ((value: T) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  get promise(): Promise<T> {
    this.#promise ??= this.#promised();
    return this.#promise;
  }

  get settled(): boolean {
    return this.#state !== "pending";
  }

  resolve(value: T): void {
    if (this.settled) return;
    this.#state = "fulfilled";
    this.#outcome = value;
    this.#resolve?.(value);
  }

  /** The value is made when it is asked for. */
  resolveBy(make: () => T): void {
    if (this.#promise) this.resolve(make());
    else if (!this.settled) {
      this.#state = "fulfilled";
      this.#make = make;
    }
  }

  reject(error: unknown): void {
    if (this.settled) return;
    this.#state = "rejected";
    this.#outcome = error;
    this.#reject?.(error);
  }

  #promised(): Promise<T> {
    if (this.#make) return Promise.resolve(this.#make());
    if (this.#state === "fulfilled") return Promise.resolve(this.#outcome as T);
    if (this.#state === "rejected") return Promise.reject(this.#outcome);
    return new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }
}
