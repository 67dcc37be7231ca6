import { describe, expect, it } from "vitest";
import { type AnswerObserver, TransferError } from "../../src/index.js";
import { microtasks, scene } from "./scripted-transfers.js";

const HEAD = "HTTP/1.1 201 Made\r\n\r\n";

/** What is told, in its order. */
function listening(more: AnswerObserver = {}) {
  const log: string[] = [];
  const observer: AnswerObserver = {
    head: ({ status }) => void log.push(`head ${status}`),
    chunk: (bytes) => void log.push(String(bytes)),
    done: () => void log.push("done"),
    error: ({ code }) => void log.push(code),
    ...more,
  };
  return { log, observer };
}

function requested(options: object = {}, ...rest: Parameters<typeof scene>) {
  const { client, engine } = scene(...rest);
  const transfer = client.request("http://a/", options);
  return { client, transfer, scripted: engine.last, engineLog: engine.log };
}

describe("subscribe", () => {
  it("tells the answer as it comes, at once and without a promise", () => {
    const { transfer, scripted } = requested();
    const { log, observer } = listening();
    transfer.subscribe(observer);
    expect(log).toEqual([]);
    scripted.headers(HEAD);
    scripted.chunk("one"); // that it is the last head is known by what follows
    expect(log).toEqual(["head 201", "one"]);
    scripted.chunk("two");
    scripted.end();
    expect(log).toEqual(["head 201", "one", "two", "done"]);
  });

  it("takes a chunk back to the engine, if that has a use for it", () => {
    const { transfer, scripted } = requested();
    const back: string[] = [];
    const { log, observer } = listening({ chunk: (bytes) => transfer.recycle(bytes) });
    transfer.subscribe(observer);
    scripted.headers(HEAD);
    scripted.chunk("no use");
    Object.assign(scripted, { recycle: (bytes: Uint8Array) => void back.push(String(bytes)) });
    scripted.chunk("one");
    scripted.chunk("two");
    scripted.end();
    expect(back).toEqual(["one", "two"]);
    transfer.recycle(Buffer.from("late"));
    expect(() => transfer.recycle(null as never)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
    expect(log).toEqual(["head 201", "done"]);
  });

  it("tells first what is here already, then the rest", async () => {
    const { transfer, scripted, engineLog } = requested({ highWaterBytes: 9 });
    scripted.headers(HEAD);
    scripted.chunk("one");
    scripted.chunk("two");
    expect((await transfer.head).status).toBe(201);
    const { log, observer } = listening();
    transfer.subscribe(observer);
    expect(log).toEqual(["head 201", "one", "two"]);
    expect(engineLog.slice(1)).toEqual(["pause", "resume"]); // it was full, and is not any more
    scripted.chunk("three");
    scripted.end();
    expect(log.slice(3)).toEqual(["three", "done"]);
  });

  it("tells of a transfer that has ended all there is", () => {
    const { transfer, scripted } = requested();
    scripted.answer("body");
    const { log, observer } = listening();
    transfer.subscribe(observer);
    expect(log).toEqual(["head 200", "body", "done"]);
  });

  it("tells nothing while paused, whatever comes, and no end before the last chunk", () => {
    const { transfer, scripted } = requested();
    const { log, observer } = listening({ head: () => transfer.pause() });
    transfer.subscribe(observer);
    scripted.headers(HEAD);
    scripted.chunk("one");
    scripted.chunk("two");
    scripted.end();
    expect(log).toEqual([]);
    transfer.resume();
    expect(log).toEqual(["one", "two", "done"]);
  });

  it("stops where it is paused amid what was kept", () => {
    const { transfer, scripted } = requested();
    scripted.headers(HEAD);
    scripted.chunk("one");
    scripted.chunk("two");
    const { log, observer } = listening({
      chunk: (bytes) => {
        log.push(String(bytes));
        if (log.length === 1) transfer.pause();
      },
    });
    transfer.subscribe({ ...observer, head: () => {} });
    scripted.end();
    expect(log).toEqual(["one"]);
    transfer.resume();
    expect(log).toEqual(["one", "two", "done"]);
  });

  it("tells an error last, and once: the transfer's after what came before it, an abort at once", async () => {
    const first = requested();
    const one = listening();
    first.transfer.subscribe(one.observer);
    first.scripted.headers(HEAD);
    first.scripted.chunk("one");
    first.scripted.end(new TransferError("TRANSFER_FAILED", "reset"));
    first.transfer.cancel();
    expect(one.log).toEqual(["head 201", "one", "TRANSFER_FAILED"]);
    const second = requested();
    second.scripted.headers(HEAD);
    second.scripted.chunk("one");
    second.transfer.pause();
    const two = listening();
    second.transfer.subscribe(two.observer);
    expect(two.log).toEqual(["head 201"]);
    second.transfer.cancel("enough");
    second.transfer.resume();
    await microtasks();
    expect(two.log).toEqual(["head 201", "ABORTED"]);
  });

  it("is one way to have the body, which is had once", async () => {
    const { transfer, scripted } = requested();
    for (const wrong of [undefined, null, () => {}])
      expect(() => transfer.subscribe(wrong as never)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
    transfer.subscribe({});
    expect(transfer.bodyUsed).toBe(true);
    expect(() => transfer.subscribe({})).toThrow(expect.objectContaining({ code: "BODY_USED" }));
    await expect(transfer.text()).rejects.toMatchObject({ code: "BODY_USED" });
    scripted.answer("nobody listens");
    expect((await transfer.infos).status).toBe(0); // which this engine does not know
  });

  it("fails the transfer with what its observer throws: CALLBACK_FAILED", () => {
    const { transfer, scripted } = requested();
    const { log, observer } = listening({
      chunk: () => {
        throw new Error("mine");
      },
    });
    transfer.subscribe(observer);
    scripted.headers(HEAD);
    scripted.chunk("one");
    expect(log).toEqual(["head 201", "CALLBACK_FAILED"]);
  });

  it("holds the end while the last chunk is being written, also of what had come before", () => {
    const { transfer, scripted } = requested();
    scripted.answer("body");
    const { log, observer } = listening();
    transfer.subscribe({ ...observer, chunk: () => transfer.pause() });
    expect(log).toEqual(["head 200"]);
    transfer.resume();
    expect(log).toEqual(["head 200", "done"]);
  });

  it("in the hook `head` tells it once; a transfer that is cancelled there tells none", () => {
    const one = listening();
    const first = requested({ hooks: { head: () => first.transfer.subscribe(one.observer) } });
    first.scripted.answer("body");
    expect(one.log).toEqual(["head 200", "body", "done"]);
    const two = listening();
    const second = requested({ hooks: { head: () => second.transfer.cancel() } });
    second.transfer.subscribe(two.observer);
    second.scripted.answer("body");
    expect(two.log).toEqual(["ABORTED"]);
  });

  it("makes an error of what is thrown at what had come before, and reports what is thrown at the end", () => {
    const mistake = (): never => {
      throw new Error("mine");
    };
    for (const name of ["head", "chunk"] as const) {
      const { transfer, scripted } = requested();
      scripted.headers(HEAD);
      scripted.chunk("one");
      scripted.chunk("two");
      const { log, observer } = listening({ [name]: mistake });
      transfer.subscribe(observer);
      expect(log).toEqual(name === "head" ? ["CALLBACK_FAILED"] : ["head 201", "CALLBACK_FAILED"]);
    }
    const reported: unknown[] = [];
    const { transfer, scripted } = requested({}, {}, { reportError: (error) => void reported.push(error) });
    transfer.subscribe({ done: mistake });
    scripted.answer("body");
    const { transfer: another } = requested({}, {}, { reportError: (error) => void reported.push(error) });
    another.subscribe({ error: mistake });
    another.cancel();
    expect(reported).toMatchObject([{ message: "mine" }, { message: "mine" }]);
  });

  it("tells in the context of who subscribes", () => {
    let context = "the server's";
    const bindContext = () => {
      const bound = context;
      return <A extends unknown[]>(run: (...args: A) => void, ...args: A): void => {
        const before = context;
        context = bound;
        run(...args);
        context = before;
      };
    };
    const { transfer, scripted } = requested({}, {}, { bindContext });
    const contexts: string[] = [];
    const note = (): void => void contexts.push(context);
    context = "the user's";
    transfer.subscribe({ head: note, chunk: note, done: note });
    context = "the loop's";
    scripted.answer("body");
    expect(contexts).toEqual(Array(3).fill("the user's"));
  });
});
