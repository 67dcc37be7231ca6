import { createClient } from "curlew";
import { optionsOf, prepare } from "./curlew.mjs";

/** The client as frameworks use it: told to an observer. */
export function open(target) {
  const client = createClient({ limits: { transfers: 20_000, transfersPerHost: 20_000 } });
  const { url, method, body } = prepare(target);
  const options = { method, body, curl: optionsOf(target) };
  return {
    start(done) {
      let bytes = 0;
      client.start(url, options, {
        chunk(chunk) {
          bytes += chunk.length;
        },
        done: () => done(undefined, bytes),
        error: done,
      });
    },
    idle: (idleUrl) => void client.start(idleUrl, {}, {}),
  };
}
