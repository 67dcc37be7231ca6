#include "setopt.h"

#include <stdlib.h>

#include "args.h"
#include "easy.h"

enum { CURL_BLOB_COPY = 1 };

static bool is_null(curlew_env *env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env->napi, value, &type);
  return type == napi_null;
}

static napi_value set_long(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  int option = integer(env, argv[1]);
  int64_t value = wide(env, argv[2]);
  int code = e->lib->easy_setopt(e->curl, option, (long)value);
  return number(env, code == CURLE_OK ? replay_note(e, REPLAY_LONG, option, value, NULL) : code);
}

static napi_value set_off_t(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  int option = integer(env, argv[1]);
  int64_t value = wide(env, argv[2]);
  int code = e->lib->easy_setopt(e->curl, option, (curl_off_t)value);
  return number(env, code == CURLE_OK ? replay_note(e, REPLAY_OFF_T, option, value, NULL) : code);
}

static napi_value set_string(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  char *value = NULL;
  if (!is_null(env, argv[2])) {
    value = string_copy(env, argv[2], NULL);
    if (value == NULL) return number(env, CURLE_OUT_OF_MEMORY);
  }
  int option = integer(env, argv[1]);
  int code = e->lib->easy_setopt(e->curl, option, value);
  if (code == CURLE_OK) code = replay_note(e, REPLAY_STRING, option, 0, value);
  free(value); /* libcurl keeps a copy of its own */
  return number(env, code);
}

bool list_of(curlew_env *env, const lib *lib, napi_value array, struct curl_slist **list) {
  uint32_t count = 0;
  napi_get_array_length(env->napi, array, &count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value item;
    char *line = napi_get_element(env->napi, array, i, &item) == napi_ok ? string_copy(env, item, NULL) : NULL;
    struct curl_slist *longer = line == NULL ? NULL : lib->slist_append(*list, line);
    free(line);
    if (longer == NULL) return false;
    *list = longer;
  }
  return true;
}

int easy_keep_list(easy *e, int option, struct curl_slist *list) {
  owned_list *kept = e->lists;
  while (kept != NULL && kept->option != option) kept = kept->next;
  if (kept == NULL) {
    kept = calloc(1, sizeof *kept);
    if (kept == NULL) return CURLE_OUT_OF_MEMORY;
    *kept = (owned_list){.option = option, .next = e->lists};
    e->lists = kept;
  }
  int code = e->lib->easy_setopt(e->curl, option, list);
  if (code != CURLE_OK) return code;
  e->lib->slist_free_all(kept->list);
  kept->list = list;
  return CURLE_OK;
}

static napi_value set_list(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  struct curl_slist *list = NULL;
  int code = CURLE_OUT_OF_MEMORY;
  if (is_null(env, argv[2]) || list_of(env, e->lib, argv[2], &list)) code = easy_keep_list(e, integer(env, argv[1]), list);
  if (code != CURLE_OK) e->lib->slist_free_all(list);
  return number(env, code);
}

static napi_value set_blob(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  struct curl_blob blob = {.flags = CURL_BLOB_COPY};
  unsigned char *data = NULL;
  bool given = bytes_of(env, argv[2], &data, &blob.len);
  blob.data = data;
  return number(env, e->lib->easy_setopt(e->curl, integer(env, argv[1]), given ? &blob : NULL));
}

/* The size goes first, so that libcurl copies exactly that much, NUL bytes included; a larger size set later makes it
 * drop the copy instead of reading past it. */
static napi_value set_post_fields(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  unsigned char *data = NULL;
  size_t length = 0;
  bool given = bytes_of(env, argv[1], &data, &length);
  curl_off_t size = given ? (curl_off_t)length : -1;
  const char *body = given ? (data == NULL ? "" : (const char *)data) : NULL;
  int code = e->lib->easy_setopt(e->curl, CURLOPT_POSTFIELDSIZE_LARGE, size);
  if (code == CURLE_OK) code = e->lib->easy_setopt(e->curl, CURLOPT_COPYPOSTFIELDS, body);
  e->posts = given;
  return number(env, code);
}

napi_value setopt_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easySetLong", set_long);
  export_function(env, exports, "easySetOffT", set_off_t);
  export_function(env, exports, "easySetString", set_string);
  export_function(env, exports, "easySetList", set_list);
  export_function(env, exports, "easySetBlob", set_blob);
  export_function(env, exports, "easySetPostFields", set_post_fields);
  return exports;
}
