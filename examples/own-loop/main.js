// @ts-check
// libcurl on a loop of one's own, as it is done today: two callbacks and socketAction, and no other call that runs transfers.
//
//   node examples/own-loop/main.js https://curl.se/ https://example.com/
//
// The loop is the smallest there is. In a program that has one already, `watch`, `arm` and `turn` are what that one does.
import { CURL_POLL_IN, CURL_POLL_OUT, CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT } from "@curlew/core";
import { CURL_WAIT_POLLIN, CURL_WAIT_POLLOUT, Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";

const library = loadLibcurl();

// --- the loop: descriptors to watch, one timer -------------------------------------------------------------------------

/** @type {Map<number, { fd: number, events: number }>} */
const watched = new Map();
let deadline = Number.POSITIVE_INFINITY;
const poller = new Multi(library); // a multi without transfers is a portable poll(2)

/** @param {number} fd @param {number} interest what it is watched for from now on, and nothing else */
function watch(fd, interest) {
  const read = interest & CURL_POLL_IN ? CURL_WAIT_POLLIN : 0;
  const write = interest & CURL_POLL_OUT ? CURL_WAIT_POLLOUT : 0;
  watched.set(fd, { fd, events: read | write });
}

/** @param {number} ms replaces the timer; -1 is none. 0 is as soon as possible, but not from in here */
function arm(ms) {
  deadline = ms < 0 ? Number.POSITIVE_INFINITY : performance.now() + ms;
}

/** Waits once, and tells libcurl what came. */
function turn() {
  const records = [...watched.values()];
  const restMs = Math.max(0, Math.ceil(deadline - performance.now())); // rounded up: a timer must not fire early
  const { extraFds } = poller.poll(records, Math.min(restMs, 60_000));
  for (const [i, { fd, revents }] of extraFds.entries()) {
    // What came before may have removed this one, or even given its number to another socket: then the event is not its.
    if (revents === 0 || watched.get(fd) !== records[i]) continue;
    multi.socketAction(fd, 0); // 0: libcurl may find out itself what is ready
  }
  if (deadline > performance.now()) return;
  deadline = Number.POSITIVE_INFINITY; // first: libcurl sets the next one in here
  multi.socketAction(CURL_SOCKET_TIMEOUT, 0);
}

// --- libcurl on it -----------------------------------------------------------------------------------------------------

const multi = new Multi(library);
multi.setopt("SOCKETFUNCTION", (_easy, fd, action) => {
  if (action === CURL_POLL_REMOVE) watched.delete(fd);
  else watch(fd, action);
});
multi.setopt("TIMERFUNCTION", arm);

let unfinished = 0;
for (const url of process.argv.slice(2)) {
  const easy = new Easy(library);
  easy.setopt("URL", url);
  easy.setopt("WRITEFUNCTION", () => {});
  multi.addHandle(easy); // asks for a timer of 0, and starts with that
  unfinished++;
}

while (unfinished > 0) {
  turn();
  // After every turn: a transfer may end in any call, and without a socket that tells of it.
  for (let message = multi.infoRead(); message; message = multi.infoRead()) {
    const { easy, result } = message;
    const [status, bytes] = [easy.getinfo("RESPONSE_CODE"), easy.getinfo("SIZE_DOWNLOAD_T")];
    console.log(easy.getinfo("EFFECTIVE_URL"), result === 0 ? `${status}, ${bytes} bytes` : library.easyError(result));
    multi.removeHandle(easy);
    easy.cleanup();
    unfinished--;
  }
}

multi.cleanup(); // it calls back, too
poller.cleanup();
