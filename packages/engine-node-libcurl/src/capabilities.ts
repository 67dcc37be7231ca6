/** What a client can do over this engine: true, or what not, and what then. A test shows each. */
export const capabilities = {
  pausing: true,
  streamedBodies: true,
  abort: true,
  progress: true,
  trailers: true,
  http2: true,
  chooseLoop: "node-libcurl has libuv's default loop for itself: `loop` means nothing to it",
  chooseLibcurl: "node-libcurl is linked with its libcurl: CURLEW_LIBCURL means nothing to it",
  observe: "node-libcurl shows neither sockets nor timers: `Client.observe` and `events$` throw NOT_OBSERVABLE",
  workers: "node-libcurl 4 can be loaded in the main thread only: in a worker NO_NODE_LIBCURL is thrown",
  letGoWhileResolving:
    "an abort is told at once, but the handle stays until the resolver has answered: `close`, and the end of the process, wait for that",
  bytesBeforeReset:
    "of a connection that is reset node-libcurl tells libcurl the error and not what can be read: with libcurl up to 8.9 the transfer fails with code 55 and without those bytes. A GET on a connection that was used before is tried once more",
  errorTexts: "ERRORBUFFER is not offered: the message of an error is that of its curlCode",
  wideNumbers: "numbers of options are cut to 32 bits, but for MAXFILESIZE_LARGE and three others: OUT_OF_RANGE",
  mime: "node-libcurl 4 has no MIMEPOST; a FormData as `body` works, and so does HTTPPOST",
  otherFunctions:
    "of the functions DEBUGFUNCTION, PREREQFUNCTION, FNMATCH_FUNCTION and TRAILERFUNCTION can be set: OPTION_REFUSED",
} as const;

export type Capability = keyof typeof capabilities;
