/* Hosts that want TLS (HSTS): kept by JavaScript between the lives of handles. */
#include <string.h>

#include "args.h"
#include "callbacks.h"
#include "easy.h"

static napi_value field(curlew_env *env, napi_value object, const char *name) {
  napi_value value = NULL;
  napi_get_named_property(env->napi, object, name, &value);
  return value;
}

/* Into an array of that size, NUL included; false for what does not fit or is no string. */
static bool copy_text(curlew_env *env, napi_value value, char *room, size_t size) {
  size_t length = 0;
  if (value == NULL || napi_get_value_string_utf8(env->napi, value, NULL, 0, &length) != napi_ok) return false;
  return length < size && napi_get_value_string_utf8(env->napi, value, room, size, &length) == napi_ok;
}

/* JavaScript answers the fields of one entry, in an object that it has checked, or null after the last. */
int hsts_read(CURL *curl, struct curl_hstsentry *entry, void *userp) {
  easy *e = userp;
  hook_call c;
  int code = CURLSTS_FAIL;
  napi_valuetype type = napi_undefined;
  (void)curl;
  if (!callback_open(&c, e, CURLOPT_HSTSREADFUNCTION)) return code;
  napi_value answer = hook_answer(&c, HOOK_EASY);
  if (answer != NULL) napi_typeof(e->env->napi, answer, &type);
  if (type == napi_null) code = CURLSTS_DONE;
  if (type == napi_object && copy_text(e->env, field(e->env, answer, "name"), entry->name, entry->namelen) &&
      copy_text(e->env, field(e->env, answer, "expire"), entry->expire, sizeof entry->expire)) {
    entry->includeSubDomains = boolean(e->env, field(e->env, answer, "includeSubDomains"));
    code = CURLSTS_OK;
  }
  hook_close(&c);
  return code;
}

int hsts_write(CURL *curl, struct curl_hstsentry *entry, struct curl_index *index, void *userp) {
  hook_call c;
  (void)curl;
  if (!callback_open(&c, userp, CURLOPT_HSTSWRITEFUNCTION)) return CURLSTS_OK;
  hook_text(&c, entry->name);
  hook_number(&c, entry->includeSubDomains);
  hook_text(&c, entry->expire);
  hook_number(&c, (double)index->index);
  hook_number(&c, (double)index->total);
  return (int)callback_finish(&c, CURLSTS_FAIL);
}
