/** What libcurl says about a descriptor, in its own numbers (curl/multi.h). */
export const CURL_POLL_NONE = 0;
export const CURL_POLL_IN = 1;
export const CURL_POLL_OUT = 2;
export const CURL_POLL_INOUT = 3;
export const CURL_POLL_REMOVE = 4;

/** What a loop saw on a descriptor, as a bit mask (`ev_bitmask` of curl_multi_socket_action). */
export const CURL_CSELECT_IN = 1;
export const CURL_CSELECT_OUT = 2;
export const CURL_CSELECT_ERR = 4;

/** In place of a descriptor: a timeout passed. */
export const CURL_SOCKET_TIMEOUT = -1;

/** "Call again before you wait": not said since 7.20.0, honoured all the same (C 8.4). */
export const CURLM_CALL_MULTI_PERFORM = -1;

export const CURLPAUSE_RECV = 1;
export const CURLPAUSE_SEND = 4;
export const CURLPAUSE_ALL = 5;
export const CURLPAUSE_CONT = 0;

/** IN, OUT or both: what is wanted on a registered descriptor. Never NONE, never REMOVE. */
export type Interest = typeof CURL_POLL_IN | typeof CURL_POLL_OUT | typeof CURL_POLL_INOUT;

/** What a socket callback is told: an interest, or REMOVE. */
export type PollAction = Interest | typeof CURL_POLL_NONE | typeof CURL_POLL_REMOVE;
