/* The keys of SSH servers. */
#include <string.h>

#include "callbacks.h"

static void put_key(hook_call *c, const struct curl_khkey *key) {
  if (key == NULL) {
    hook_text(c, NULL);
    hook_text(c, NULL);
    return;
  }
  if (key->len == 0) hook_text(c, key->key);
  else hook_bytes(c, key->key, key->len);
  hook_number(c, key->keytype);
}

int ssh_key(CURL *curl, const struct curl_khkey *known, const struct curl_khkey *found, int match, void *userp) {
  enum { REJECT = 2 };
  hook_call c;
  (void)curl;
  if (!callback_open(&c, userp, CURLOPT_SSH_KEYFUNCTION)) return REJECT;
  hook_number(&c, match);
  put_key(&c, found);
  put_key(&c, known);
  return (int)callback_finish(&c, REJECT);
}

int ssh_host_key(void *userp, int keytype, const char *key, size_t size) {
  enum { REFUSED = 1 };
  hook_call c;
  if (!callback_open(&c, userp, CURLOPT_SSH_HOSTKEYFUNCTION)) return REFUSED;
  hook_number(&c, keytype);
  hook_bytes(&c, key, size);
  return (int)callback_finish(&c, REFUSED);
}
