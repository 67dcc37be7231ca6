/** What passes between driver and engine, as a stream. */
import { CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_OUT, CURL_POLL_REMOVE } from "@curlew/core";
import { lastValueFrom, mergeMap, range, take, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { scene } from "../../core/test/client/scripted-transfers.js";
import { type DriverEvent, events$, text$ } from "../src/index.js";
import { turns, useClient, useServer } from "./support.js";

const server = useServer();

describe("events$", () => {
  it("tells sockets, timers, actions and messages, of all transfers", async () => {
    const client = useClient();
    const events: DriverEvent[] = [];
    const subscription = events$(client).subscribe((event) => events.push(event));
    await lastValueFrom(
      range(0, 5).pipe(
        mergeMap(() => text$(client, `${server.current.http}/bytes/5`)),
        toArray(),
      ),
    );
    await turns(10);
    subscription.unsubscribe();
    const seen = events.length;
    await lastValueFrom(text$(client, `${server.current.http}/bytes/5`));
    expect(events.length).toBe(seen);

    const of = <T extends DriverEvent["type"]>(type: T) =>
      events.filter((event): event is Extract<DriverEvent, { type: T }> => event.type === type);
    expect(of("message").map(({ result }) => result)).toEqual([0, 0, 0, 0, 0]);
    expect(new Set(of("message").map(({ easy }) => easy)).size).toBe(5);
    expect(of("timer").some(({ timeoutMs }) => timeoutMs === 0)).toBe(true);
    expect(of("action").at(-1)?.running).toBe(0);
    // The engine's rules can be seen: every descriptor is told before it is acted on, and removed in the end.
    const told = new Set<number>();
    for (const event of events) {
      if (event.type === "socket" && event.action !== CURL_POLL_REMOVE) {
        expect([CURL_POLL_IN, CURL_POLL_OUT, CURL_POLL_INOUT]).toContain(event.action);
        told.add(event.fd);
      }
      if (event.type === "action" && event.fd >= 0) expect(told.has(event.fd)).toBe(true);
    }
    expect(told.size).toBeGreaterThan(0);
  });

  it("is unsubscribed from amid an event, and then silent", async () => {
    const client = useClient();
    const first = lastValueFrom(events$(client).pipe(take(1), toArray()));
    await lastValueFrom(text$(client, `${server.current.http}/bytes/5`));
    expect(await first).toHaveLength(1);
  });

  it("errs with NOT_OBSERVABLE on an engine that hides it", async () => {
    await expect(lastValueFrom(events$(scene().client))).rejects.toMatchObject({ code: "NOT_OBSERVABLE" });
  });
});
