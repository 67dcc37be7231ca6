/** Answers of a real server through a real uWS app, to a real client. */
import { contentOf } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { type Piped, pipeToResponse } from "../src/index.js";
import { serve, useClient, useServer, useUws } from "./support.js";

useUws();
const upstream = useServer();

describe("pipeToResponse", () => {
  it("gives status, headers and body of an answer", async () => {
    const client = useClient();
    const ends: Promise<Piped>[] = [];
    const url = await serve((res, req) => {
      ends.push(pipeToResponse(client.request(`${upstream.current.http}${req.getUrl()}`), res));
    });
    for (const size of [0, 1, 5000, 100_000, 3_000_000]) {
      const answer = await fetch(`${url}/bytes/${size}`);
      expect([answer.status, answer.headers.get("content-length")]).toEqual([200, String(size)]);
      expect(Buffer.from(await answer.arrayBuffer()).equals(contentOf("bytes", size))).toBe(true);
      const end = await ends.at(-1);
      expect(end).toEqual({ how: "done", status: 200, sentBytes: size, error: undefined });
    }
  });
});
