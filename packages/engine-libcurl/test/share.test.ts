/** Shares: what easies have in common by them, and that their lives cannot be got wrong. */
import { startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { native } from "../src/binding.js";
import { Easy, loadLibcurl, Share, type ShareKind } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

const library = loadLibcurl();
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let loop: HandLoop;
beforeEach(() => {
  loop = new HandLoop();
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "done";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

function sharing(...kinds: ShareKind[]): Share {
  const share = new Share(library);
  for (const kind of kinds) share.setopt("SHARE", kind);
  return share;
}

describe("a share", () => {
  it("has the cookies of its easies in common", () => {
    const share = sharing("COOKIE");
    const [one, other] = [new Easy(library), new Easy(library)];
    for (const easy of [one, other]) easy.setopt("SHARE", share);
    one.setopt("COOKIELIST", "Set-Cookie: a=b; domain=example.test; path=/");
    expect(other.getinfo("COOKIELIST")).toEqual([expect.stringMatching(/a\tb$/)]);
    other.setopt("SHARE", null);
    expect(other.getinfo("COOKIELIST")).toEqual([]);
    for (const easy of [one, other]) easy.cleanup();
    share.cleanup();
  });

  it("has names and TLS sessions in common, over two multis", async () => {
    const share = sharing("DNS", "SSL_SESSION");
    const again = new HandLoop();
    let resolved = 0;
    let reused = 0;
    for (const { multi, ...rest } of [loop, again].map((l) => ({ multi: l.multi, l }))) {
      const easy = rest.l.easy(server.https.replace("127.0.0.1", "localhost"));
      easy.setopt("CAINFO", server.caFile);
      easy.setopt("SHARE", share);
      easy.setopt("SSLVERSION", 6 | (6 << 16)); // TLS 1.2: sessions are there when the handshake is done
      easy.setopt("RESOLVER_START_FUNCTION", () => void resolved++);
      easy.setopt("DEBUGFUNCTION", (type, bytes) => {
        if (type === 0 && /re-?us(ed|ing) session/i.test(Buffer.from(bytes).toString())) reused++;
      });
      multi.addHandle(easy);
      await rest.l.until(1);
      expect(rest.l.done[0]?.result).toBe(0);
      easy.cleanup();
    }
    again.multi.cleanup();
    expect(resolved).toBe(1);
    console.log(`libcurl ${library.version}: ${resolved} resolved for two transfers, ${reused} sessions reused`);
    expect(reused).toBe(1);
    share.cleanup();
  });

  it("stays as it is while easies have it", () => {
    const share = sharing("COOKIE");
    const easy = new Easy(library);
    easy.setopt("SHARE", share);
    expect(codeOf(() => share.cleanup())).toBe("HANDLE_IN_USE");
    expect(codeOf(() => share.setopt("SHARE", "DNS"))).toBe("HANDLE_IN_USE");
    easy.reset(); // which keeps it (man curl_easy_reset)
    expect(codeOf(() => share.cleanup())).toBe("HANDLE_IN_USE");
    const copy = easy.duphandle(); // without it
    easy.cleanup();
    share.cleanup();
    expect(codeOf(() => copy.setopt("SHARE", share))).toBe("HANDLE_CLOSED");
    copy.cleanup();
    share.cleanup();
  });

  it("keeps its list of TLS hosts when one of its easies wants none: libcurl would free it under the others", () => {
    const share = sharing("HSTS");
    const [one, other] = [new Easy(library), new Easy(library)];
    for (const easy of [one, other]) easy.setopt("SHARE", share);
    expect(codeOf(() => one.setopt("HSTS_CTRL", 0))).toBe("HANDLE_IN_USE");
    one.setopt("HSTS_CTRL", 1);
    for (const easy of [one, other]) easy.cleanup();
    share.cleanup();
  });

  it("does not share connections, nor what there is not", () => {
    const share = new Share(library);
    expect(codeOf(() => share.setopt("SHARE", "CONNECT" as "DNS"))).toBe("OPTION_REFUSED");
    expect(codeOf(() => share.setopt("SHARE", "toString" as "DNS"))).toBe("UNKNOWN_OPTION");
    expect(codeOf(() => share.setopt("LOCKFUNC" as "SHARE", "DNS"))).toBe("OPTION_REFUSED");
    expect(codeOf(() => share.setopt("toString" as "SHARE", "DNS"))).toBe("UNKNOWN_OPTION");
    expect(["done", "NOT_IN_THIS_LIBCURL"]).toContain(codeOf(() => share.setopt("SHARE", "PSL")));
    const easy = new Easy(library);
    for (const wrong of [5, {}, "share", easy])
      expect(codeOf(() => easy.setopt("SHARE", wrong as unknown as Share))).toBe("WRONG_TYPE");
    easy.cleanup();
    share.cleanup();
    expect(codeOf(() => share.setopt("SHARE", "DNS"))).toBe("HANDLE_CLOSED");
  });
});

describe("dropped without cleanup", () => {
  const collect = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it("a share lives as long as an easy has it, and no longer", async () => {
    await collect();
    const before = native().live();
    const easy = new Easy(library);
    (() => easy.setopt("SHARE", sharing("COOKIE")))();
    await collect();
    expect(native().live().shares).toBe(before.shares + 1);
    easy.setopt("COOKIELIST", "Set-Cookie: a=b; domain=example.test; path=/");
    expect(easy.getinfo("COOKIELIST")).toHaveLength(1);
    easy.setopt("SHARE", null);
    await collect();
    expect(native().live().shares).toBe(before.shares);
    easy.cleanup();
  });

  it("10 000 shares and easies that have them: memory flat", async () => {
    const round = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i++) {
        const share = sharing("COOKIE", "DNS", "SSL_SESSION", "HSTS");
        new Easy(library).setopt("SHARE", share);
        if (i % 500 === 0) await collect();
      }
      await collect();
      return process.memoryUsage().rss / 1_048_576;
    };
    const before = native().live();
    const warm = await round(2000);
    const after = await round(10_000);
    console.log(`resident after 2 000: ${warm.toFixed(1)} MiB, after 12 000: ${after.toFixed(1)} MiB`);
    expect(after - warm).toBeLessThan(20); // leaked, it would be 100 MiB
    expect(native().live().shares - before.shares).toBeLessThan(20);
  });
});
