// @ts-check
// The nine steps of the curl_multi_socket(3) manual page, as it was in 2006, and the one it forgot.
//
//   node examples/nine-steps/main.js https://curl.se/ https://example.com/
//
// It blocks while it waits, as C programs do. How it is done today: ../own-loop/main.js
import {
  CURL_CSELECT_IN,
  CURL_CSELECT_OUT,
  CURL_POLL_IN,
  CURL_POLL_OUT,
  CURL_POLL_REMOVE,
  CURL_SOCKET_TIMEOUT,
} from "@curlew/core";
import { CURL_WAIT_POLLIN, CURL_WAIT_POLLOUT, Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";

// Step 1. Create a multi handle.
const multi = new Multi(loadLibcurl());

// Step 2. Set the socket callback. libcurl says by it what to watch each socket for; it says so again when that changes, and
// CURL_POLL_REMOVE when the socket needs no more watching, which does not mean that it is closed.
/** @type {Map<number, number>} */
const sockets = new Map();
multi.setopt("SOCKETFUNCTION", (_easy, fd, action) => {
  if (action === CURL_POLL_REMOVE) sockets.delete(fd);
  else sockets.set(fd, action);
});

// Step 3. Add easy handles.
for (const url of process.argv.slice(2)) {
  const easy = new Easy(multi.library);
  easy.setopt("URL", url);
  easy.setopt("WRITEFUNCTION", () => {}); // what arrives is counted by libcurl, and that is all
  multi.addHandle(easy);
}

// Step 4. Call socketAll once: it starts every transfer.
let running = multi.socketAll();

// Step 5. The collection of sockets to watch is the map above, kept by the callback; poll(2) wants it in words of its own. A
// multi without transfers is a portable poll(2).
const poller = new Multi(multi.library);
const wanted = () =>
  [...sockets].map(([fd, action]) => ({
    fd,
    events: (action & CURL_POLL_IN ? CURL_WAIT_POLLIN : 0) | (action & CURL_POLL_OUT ? CURL_WAIT_POLLOUT : 0),
  }));

for (;;) {
  // The forgotten one. Read the messages, which tell what became of each transfer, and remove those that are done. Any call
  // may have ended some, that of step 4 included; so before each wait, and before the end.
  for (let message = multi.infoRead(); message; message = multi.infoRead()) {
    const { easy, result } = message;
    const [status, bytes] = [easy.getinfo("RESPONSE_CODE"), easy.getinfo("SIZE_DOWNLOAD_T")];
    console.log(
      easy.getinfo("EFFECTIVE_URL"),
      result === 0 ? `${status}, ${bytes} bytes` : multi.library.easyError(result),
    );
    multi.removeHandle(easy);
    easy.cleanup();
  }
  if (running === 0) break;

  // Step 6. Ask libcurl how long to wait. -1 means that it has no idea: then a second is as good as any.
  const timeoutMs = multi.timeout();

  // Step 7. Wait for action on a socket, or for the time to pass.
  const { numFds, extraFds } = poller.poll(wanted(), timeoutMs < 0 ? 1000 : timeoutMs);

  // Step 8. Tell libcurl which sockets had action; or that none had. Each of these calls may call back about any socket,
  // and end any transfer.
  for (const { fd, revents } of extraFds) {
    if (revents === 0) continue;
    const seen =
      (revents & CURL_WAIT_POLLIN ? CURL_CSELECT_IN : 0) | (revents & CURL_WAIT_POLLOUT ? CURL_CSELECT_OUT : 0);
    running = multi.socketAction(fd, seen);
  }
  if (numFds === 0) running = multi.socketAction(CURL_SOCKET_TIMEOUT, 0);

  // Step 9. Go back to step 6.
}

poller.cleanup();
multi.cleanup();
