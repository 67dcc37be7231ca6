/**
 * A promise that is made when it is first asked for: what nobody asks for cannot be an unhandled rejection, and costs nothing.
 * The first outcome stays.
 */
export class Promised<T> {
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #outcome: unknown;
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

  reject(error: unknown): void {
    if (this.settled) return;
    this.#state = "rejected";
    this.#outcome = error;
    this.#reject?.(error);
  }

  #promised(): Promise<T> {
    if (this.#state === "fulfilled") return Promise.resolve(this.#outcome as T);
    if (this.#state === "rejected") return Promise.reject(this.#outcome);
    return new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }
}
