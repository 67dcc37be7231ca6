/** The streams of fromLoop, used as they are: who hears of a descriptor, for how long, and what is refused. */
import { epollLoop } from "@curlew/adapter-epoll";
import { CURL_POLL_IN, CURL_POLL_OUT, type Interest, LoopError } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { concat, firstValueFrom, NEVER, type Observable, of, Subject, throwError } from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { ScriptedLoop } from "../../core/test/scripted.js";
import { fromLoop, type LoopStreams } from "../src/index.js";

function scene() {
  const log: string[] = [];
  const inner = new ScriptedLoop(log, true);
  const streams = fromLoop(inner).open();
  return { log, inner, streams };
}

/** What a subscriber to a descriptor is told, as words. */
function told({ readiness }: LoopStreams, fd: number, interest$: Observable<Interest> = of(CURL_POLL_IN)): string[] {
  const heard: string[] = [];
  readiness(fd, interest$).subscribe({
    next: (bits) => heard.push(String(bits)),
    error: (error) => heard.push(error.code ?? error.message),
    complete: () => heard.push("complete"),
  });
  return heard;
}

describe("interest$", () => {
  it("that completes leaves the watch as it is", () => {
    const { streams, inner, log } = scene();
    const heard = told(streams, 7, of(CURL_POLL_IN));
    inner.report([7, 1]);
    expect({ heard, log }).toEqual({ heard: ["1"], log: ["watch 7 IN"] });
  });

  it("that errs ends it, with that error", () => {
    const { streams, inner, log } = scene();
    const interest$ = concat(
      of<Interest[]>(CURL_POLL_IN),
      throwError(() => new Error("no more")),
    );
    const heard = told(streams, 7, interest$);
    inner.report([7, 1]);
    expect({ heard, log }).toEqual({ heard: ["no more"], log: ["watch 7 IN", "unwatch 7"] });
  });

  it("that repeats a value asks for it again, which is harmless (C 2.4)", async () => {
    const streams = fromLoop(epollLoop()).open();
    onTestFinished(() => streams.close());
    const [read, write] = descriptors.pipe();
    descriptors.write(write, Buffer.from("x"));
    expect(await firstValueFrom(streams.readiness(read, of<Interest[]>(CURL_POLL_IN, CURL_POLL_IN)))).toBe(1);
    for (const fd of [read, write]) descriptors.close(fd);
  });

  it("that has no value yet watches nothing", () => {
    const { streams, log } = scene();
    streams.readiness(7, NEVER).subscribe().unsubscribe();
    expect(log).toEqual(["unwatch 7"]);
  });

  it("of something else is an error, amid others too, and the watch ends", () => {
    for (const wrong of [0, 4, 99, -1, undefined, null, Number.NaN, "IN"]) {
      const { streams, log } = scene();
      const heard = told(streams, 7, of<Interest[]>(CURL_POLL_OUT, wrong as Interest, CURL_POLL_IN));
      expect({ heard, log }, String(wrong)).toEqual({ heard: ["OUT_OF_RANGE"], log: ["watch 7 OUT", "unwatch 7"] });
    }
  });
});

describe("a descriptor", () => {
  it("that is none is an error, and the loop is not asked", () => {
    for (const wrong of [-1, 1.5, Number.NaN, 2 ** 31, 2 ** 40, "7", undefined]) {
      const { streams, log } = scene();
      expect({ heard: told(streams, wrong as number), log }, String(wrong)).toEqual({
        heard: ["OUT_OF_RANGE"],
        log: [],
      });
    }
    const { streams, log } = scene();
    told(streams, 0);
    expect(log).toEqual(["watch 0 IN"]);
  });
});

describe("all who listen", () => {
  it("are told that it is complete when the streams are closed; later ones are refused, without a hook", async () => {
    const { streams, inner, log } = scene();
    let batches = "";
    streams.batchEnd$.subscribe({ complete: () => (batches = "complete") });
    const interest$ = new Subject<Interest>();
    const heard = [told(streams, 7), told(streams, 8, interest$)];
    await streams.close();
    await streams.close();
    interest$.next(CURL_POLL_OUT);
    heard.push(told(streams, 7));
    inner.report([7, 1]);
    expect({ batches, heard }).toEqual({
      batches: "complete",
      heard: [["complete"], ["complete"], ["LOOP_REFUSED"]],
    });
    expect(log).toEqual(["watch 7 IN", "unwatch 7", "unwatch 8", "close loop", "close loop"]);
  });

  it("are told when the loop breaks", () => {
    const { streams, inner } = scene();
    const heard = [told(streams, 7), told(streams, 8)];
    const failures: unknown[] = [];
    streams.batchEnd$.subscribe({ error: (error) => failures.push(error.code) });
    inner.sink.failed(new LoopError("LOOP_FAILED", "the loop is gone"));
    expect({ heard, failures }).toEqual({ heard: [["LOOP_FAILED"], ["LOOP_FAILED"]], failures: ["LOOP_FAILED"] });
  });
});
