import { MisuseError, MultiError } from "@curlew/core";
import { checkLibrary, keepMulti, native } from "./binding.js";
import type { Libcurl } from "./library.js";
import { TellingCallbacks } from "./multi-callbacks.js";
import { multiFailure, recursiveCall } from "./multi-checks.js";
import { multiOptions } from "./multi-options.js";

/** The addon answers -1000 - CURLMcode where it would answer a count (native/multi.h). */
const FAILED = -1000;

/** The number of a multi handle, and what stands around each call that is made with it. */
export abstract class MultiHandle {
  readonly library: Libcurl;
  /** The addon's number for it, 0 after `cleanup`. */
  protected id: number;
  protected readonly callbacks = new TellingCallbacks();

  constructor(library: Libcurl) {
    checkLibrary(library);
    this.library = library;
    this.id = native().multiInit(library.index);
    if (this.id === 0) throw new MultiError("MULTI_FAILED", 3, "curl_multi_init failed: out of memory");
    this.callbacks.id = this.id;
    keepMulti(this.id, this.callbacks, this);
    // Ends with cleanup() instead of waiting for resolver threads; not there before 8.20.
    native().multiSetLong(this.id, multiOptions.QUICK_EXIT.id, 1);
  }

  /** Before a call that is allowed everywhere. */
  protected open(): void {
    if (this.id === 0) throw new MisuseError("HANDLE_CLOSED", "this multi handle was cleaned up");
  }

  /** Before any other. Refuses before libcurl does: up to 8.3 it forgets to, after a nested callback (C 10.4). */
  protected enter(call: string, allowedInNotify = false): void {
    this.open();
    const { depth } = this.callbacks;
    if (depth.inCallback && !(allowedInNotify && depth.onlyNotifying)) throw recursiveCall(call);
  }

  /**
   * After a call in which callbacks may have run: throws what they left behind, else what libcurl answered. Inside a callback
   * what is left behind is for the call that runs it.
   */
  protected finish(code: number, call: string): void {
    const failure = this.callbacks.depth.inCallback ? undefined : this.callbacks.takeFailure();
    if (failure !== undefined) throw failure;
    this.check(code, call);
  }

  protected check(code: number, call: string): void {
    if (code !== 0) throw multiFailure(this.library, code, call);
  }

  /** The count that was answered, or its failure. */
  protected count(answer: number, call: string): number {
    this.finish(answer > FAILED ? 0 : FAILED - answer, call);
    return answer;
  }
}
