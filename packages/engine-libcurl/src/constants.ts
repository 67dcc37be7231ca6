/** libcurl's numbers, under libcurl's names. */

/** What a WRITEFUNCTION answers to have these bytes again after the transfer is unpaused. */
export const CURL_WRITEFUNC_PAUSE = 0x10000001;
/** What a READFUNCTION answers when there is nothing to send yet: it is asked again after the transfer is unpaused. */
export const CURL_READFUNC_PAUSE = 0x10000001;
/** What a READFUNCTION answers to end the transfer with code 42. */
export const CURL_READFUNC_ABORT = 0x10000000;

export const CURL_SEEKFUNC_OK = 0;
export const CURL_SEEKFUNC_FAIL = 1;
export const CURL_SEEKFUNC_CANTSEEK = 2;

export const CURL_PREREQFUNC_OK = 0;
export const CURL_PREREQFUNC_ABORT = 1;

export const CURL_SOCKOPT_OK = 0;
export const CURL_SOCKOPT_ERROR = 1;

export const CURL_CHUNK_BGN_FUNC_OK = 0;
export const CURL_CHUNK_BGN_FUNC_FAIL = 1;
export const CURL_CHUNK_BGN_FUNC_SKIP = 2;
export const CURL_CHUNK_END_FUNC_OK = 0;
export const CURL_CHUNK_END_FUNC_FAIL = 1;
export const CURL_FNMATCHFUNC_MATCH = 0;
export const CURL_FNMATCHFUNC_NOMATCH = 1;
export const CURL_FNMATCHFUNC_FAIL = 2;

export const CURLKHSTAT_FINE_ADD_TO_FILE = 0;
export const CURLKHSTAT_FINE = 1;
export const CURLKHSTAT_REJECT = 2;
export const CURLKHSTAT_DEFER = 3;
export const CURLKHSTAT_FINE_REPLACE = 4;
export const CURLKHMATCH_OK = 0;
export const CURLKHMATCH_MISMATCH = 1;

export const CURLSTS_OK = 0;
export const CURLSTS_DONE = 1;
export const CURLSTS_FAIL = 2;

/** What a DEBUGFUNCTION is told. */
export const CURLINFO_TEXT = 0;
export const CURLINFO_HEADER_IN = 1;
export const CURLINFO_HEADER_OUT = 2;
export const CURLINFO_DATA_IN = 3;
export const CURLINFO_DATA_OUT = 4;
export const CURLINFO_SSL_DATA_IN = 5;
export const CURLINFO_SSL_DATA_OUT = 6;

/** Where a header came from, as bits. */
export const CURLH_HEADER = 1;
export const CURLH_TRAILER = 2;
export const CURLH_CONNECT = 4;
export const CURLH_1XX = 8;
export const CURLH_PSEUDO = 16;

/** What a WebSocket frame is, as bits. */
export const CURLWS_TEXT = 1;
export const CURLWS_BINARY = 2;
export const CURLWS_CONT = 4;
export const CURLWS_CLOSE = 8;
export const CURLWS_PING = 16;
export const CURLWS_OFFSET = 32;
export const CURLWS_PONG = 64;
