import { describe, expect, it } from "vitest";
import type { Head } from "../../src/client/head.js";
import { HeaderFields } from "../../src/client/header-fields.js";
import { microtasks, scene, stateOf } from "./scripted-transfers.js";

describe("heads", () => {
  it("are told as they come: informational, redirects that are followed, the answer", async () => {
    const { client, engine } = scene();
    const told: string[] = [];
    const note = (what: string) => (head: Head) => void told.push(`${what} ${head.status}`);
    const hooks = { informational: note("informational"), redirect: note("redirect"), head: note("head") };
    const transfer = client.request("http://a/", { hooks });
    engine.last.headers("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n");
    expect(told).toEqual(["informational 103"]); // the 302 may be the answer, if libcurl does not like where it leads
    expect(await stateOf(transfer.head)).toBe("pending");
    engine.last.headers("HTTP/1.1 100 Continue\r\n\r\n");
    engine.last.headers("HTTP/1.1 200 OK\r\nX-One: 1\r\n\r\n");
    expect(told).toEqual(["informational 103", "redirect 302", "informational 100", "head 200"]);
    const head = await transfer.head;
    expect(head.previous.map(({ status }) => status)).toEqual([302]);
    expect(head.informational.map(({ status }) => status)).toEqual([103, 100]);
  });

  it("in pieces are put together", async () => {
    const { client, engine } = scene();
    const transfer = client.request("http://a/");
    const whole = "HTTP/1.1 200 OK\r\nX-One: 1\r\n\r\n";
    for (const byte of whole) engine.last.headers(byte);
    const head = await transfer.head;
    expect([...head.headers]).toEqual([["x-one", "1"]]);
    expect(Buffer.from(head.rawBytes).toString()).toBe(whole);
  });

  const finals: [string, object, string][] = [
    ["a redirect that nobody follows", { redirect: "manual" }, "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"],
    ["a redirect of a method that is not followed", { method: "DELETE" }, "HTTP/1.1 303 See\r\nLocation: /b\r\n\r\n"],
    ["a 304, which leads nowhere", {}, "HTTP/1.1 304 Not Modified\r\n\r\n"],
    ["a 401 when there is nothing to answer it with", {}, "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n"],
    ["a switch of protocols", {}, "HTTP/1.1 101 Switching\r\n\r\n"],
  ];
  for (const [name, options, block] of finals)
    it(`${name} is the answer at once`, async () => {
      const { client, engine } = scene();
      const transfer = client.request("http://a/", options);
      engine.last.headers(block);
      expect((await transfer.head).status).toBe(Number(block.slice(9, 12)));
    });

  it("a switch to HTTP/2 is none: the answer comes after it (RFC 7540 3.2)", async () => {
    const { client, engine } = scene();
    const transfer = client.request("http://a/");
    engine.last.headers("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nHTTP/2 200 \r\n\r\n");
    const head = await transfer.head;
    expect([head.status, head.httpVersion, head.informational.map(({ status }) => status)]).toEqual([200, "2", [101]]);
  });

  it("one that may be followed is the answer when a body comes, or the end", async () => {
    for (const body of ["body", ""]) {
      const { client, engine } = scene();
      const transfer = client.request("http://a/", { curl: { USERPWD: "a:b", HTTPAUTH: 2 } });
      engine.last.answer(body, 401);
      expect((await transfer.head).status).toBe(401);
      expect(await transfer.text()).toBe(body);
    }
  });

  it("none at all, as of HTTP/0.9, is one without status, before the body or the end", async () => {
    for (const body of ["body", ""]) {
      const { client, engine } = scene();
      const told: string[] = [];
      const transfer = client.request("http://a/", {
        hooks: { head: ({ status }) => void told.push(`head ${status}`) },
      });
      if (body !== "") engine.last.chunk(body);
      engine.last.end();
      expect(await stateOf(transfer.head)).toMatchObject({ status: 0, httpVersion: "", reason: "", ok: false });
      expect([...(await transfer.head).headers]).toEqual([]);
      expect(told).toEqual(["head 0"]);
      expect(await transfer.text()).toBe(body);
    }
  });

  it("a hook that cancels hears nothing more", async () => {
    const { client, engine } = scene();
    const told: number[] = [];
    const control = client.start(
      "http://a/",
      {},
      {
        informational: (head) => {
          told.push(head.status);
          control.cancel();
        },
        head: (head) => void told.push(head.status),
        error: () => void told.push(-1),
      },
    );
    engine.last.headers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    await microtasks();
    expect(told).toEqual([100]);
  });
});

describe("header fields", () => {
  const fields = new HeaderFields(
    Buffer.from(
      "HTTP/1.1 200 OK\r\nX-Two: a\r\nx-two:b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2, 3\r\nEmpty:\r\nFolded: one\r\n two\r\nLatin: caf\xe9\r\nno colon here\r\n\r\n",
      "latin1",
    ),
  );

  it("are read as they came, and combined as the fetch standard does", () => {
    expect(fields.raw[0]).toEqual(["X-Two", "a"]);
    expect(fields.get("X-TWO")).toBe("a, b");
    expect(fields.getSetCookie()).toEqual(["a=1", "b=2, 3"]);
    expect(fields.get("empty")).toBe("");
    expect(fields.get("folded")).toBe("one two");
    expect(fields.get("latin")).toBe("café");
    expect(new HeaderFields(Buffer.from("A: \xa0b\t \r\n", "latin1")).get("a")).toBe("\xa0b");
    expect(fields.get("none")).toBeNull();
    expect([fields.has("latin"), fields.has("none")]).toEqual([true, false]);
    expect(Object.fromEntries(fields)).toMatchObject({ "x-two": "a, b" });
  });

  it("of long blocks are read whole", () => {
    const long = "x".repeat(100_000);
    expect(new HeaderFields(Buffer.from(`A: ${long}\r\n\r\n`)).get("a")).toBe(long);
  });

  it.each([
    ["go on with the one before", "\tb\r\n"],
    ["have no colon", "b\r\n"],
    ["are empty but for space", " \r\n"],
  ])("of many lines that %s are read in one go", (_name, line) => {
    const lines = 262_144;
    const block = new HeaderFields(Buffer.from(`A: a\r\n${line.repeat(lines)}C: c\r\n\r\n`));
    const began = performance.now();
    expect(block.get("c")).toBe("c");
    const tookMs = performance.now() - began;
    console.log(`${lines} such lines are read in ${tookMs.toFixed(0)} ms`);
    expect(tookMs).toBeLessThan(2000); // a liveness bound: tens of ms; looked through again for each line, it is a minute
    expect(block.get("a")?.length).toBe(line.startsWith("\t") ? 1 + 2 * lines : 1);
  });

  it("named like something every object has are fields like others", () => {
    const odd = new HeaderFields(Buffer.from("__proto__: 1\r\nconstructor: 2\r\n\r\n"));
    expect([odd.get("__proto__"), odd.get("constructor"), odd.get("toString")]).toEqual(["1", "2", null]);
  });
});
