import { createTransfers } from "curlew";
import { optionsOf, prepare } from "./curlew.mjs";

/** The seam below the client: a TransferEngine. */
export function open(target) {
  const transfers = createTransfers();
  const { url, method, body } = prepare(target);
  const request = { url, curl: optionsOf(target), ...(method && { method }), ...(body && { body }) };
  return {
    start(done) {
      let bytes = 0;
      transfers.start(request, {
        chunk(chunk) {
          bytes += chunk.length;
        },
        outcome: ({ error }) => done(error, bytes),
      });
    },
    idle: (idleUrl) => void transfers.start({ url: idleUrl }, { outcome() {} }),
  };
}
