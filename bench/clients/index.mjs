/** The clients by name, and the file of each. Ours begin with "curlew"; those of plain C have no file here. */
export const clientFiles = {
  curlew: "curlew.mjs",
  "curlew-epoll": "curlew-epoll.mjs",
  "curlew-start": "curlew-start.mjs",
  "curlew-rxjs": "curlew-rxjs.mjs",
  "curlew-transfers": "curlew-transfers.mjs",
  "curlew-multi": "curlew-multi.mjs",
  "undici-6": "undici-6.mjs",
  "undici-7": "undici-7.mjs",
  "undici-6-fetch": "undici-6-fetch.mjs",
  "undici-7-fetch": "undici-7-fetch.mjs",
  fetch: "fetch.mjs",
  "node:http": "node-http.mjs",
  "node:http2": "node-http2.mjs",
  axios: "axios.mjs",
  "node-libcurl": "node-libcurl.mjs",
};
