import { body$ } from "@curlew/adapter-rxjs";
import { createClient } from "curlew";
import { optionsOf, prepare } from "./curlew.mjs";

/** The client's transfers as Observables: each request a subscription to its body. */
export function open(target) {
  const client = createClient({ limits: { transfers: 20_000, transfersPerHost: 20_000 } });
  const { url, method, body } = prepare(target);
  const answer$ = body$(client, url, { method, body, curl: optionsOf(target) });
  return {
    start(done) {
      let bytes = 0;
      answer$.subscribe({
        next(chunk) {
          bytes += chunk.length;
        },
        complete: () => done(undefined, bytes),
        error: done,
      });
    },
    idle: (idleUrl) => void body$(client, idleUrl).subscribe(),
  };
}
