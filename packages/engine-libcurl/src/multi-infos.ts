/**
 * What curl_multi_get_offt counts, by libcurl's names without CURLMINFO_. CURRENT: handles that are added. Of these RUNNING
 * are under way, PENDING wait for a connection, and of DONE ones the message is unread. ADDED: since the multi was made.
 */
export const multiInfos = {
  XFERS_CURRENT: 1,
  XFERS_RUNNING: 2,
  XFERS_PENDING: 3,
  XFERS_DONE: 4,
  XFERS_ADDED: 5,
} as const;

export type MultiInfoName = keyof typeof multiInfos;
