/* The headers of an answer, as libcurl has parsed them (curl_easy_header, 7.83). */
#include "header.h"

#include <stdlib.h>

#include "args.h"
#include "easy.h"

enum { CURLHE_OUT_OF_MEMORY = 5, CURLHE_BAD_ARGUMENT = 6, CURLHE_NOT_BUILT_IN = 7 };

static napi_value header_value(curlew_env *env, const struct curl_header *h) {
  napi_value object;
  if (napi_create_object(env->napi, &object) != napi_ok) return NULL;
  napi_set_named_property(env->napi, object, "name", text(env, h->name));
  napi_set_named_property(env->napi, object, "value", text(env, h->value));
  napi_set_named_property(env->napi, object, "amount", number(env, (double)h->amount));
  napi_set_named_property(env->napi, object, "index", number(env, (double)h->index));
  napi_set_named_property(env->napi, object, "origin", number(env, h->origin & 31)); /* libcurl has bits of its own in it */
  return object;
}

/* easyHeader(id, name, index, origin, request): the header, or a CURLHcode. */
static napi_value header(napi_env napi, napi_callback_info info) {
  ARGUMENTS(5);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  struct curl_header *found = NULL;
  if (e == NULL) return number(env, CURLHE_BAD_ARGUMENT);
  if (e->lib->easy_header == NULL) return number(env, CURLHE_NOT_BUILT_IN);
  char *name = string_copy(env, argv[1], NULL);
  if (name == NULL) return number(env, CURLHE_OUT_OF_MEMORY);
  int code = e->lib->easy_header(e->curl, name, (size_t)wide(env, argv[2]), (unsigned)integer(env, argv[3]),
                                 integer(env, argv[4]), &found);
  free(name);
  return code == 0 ? header_value(env, found) : number(env, code);
}

/* easyHeaders(id, origin, request): all of them, by curl_easy_nextheader; undefined where the library has none of it. */
static napi_value headers(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  napi_value array;
  uint32_t count = 0;
  if (e == NULL || e->lib->easy_nextheader == NULL || napi_create_array(napi, &array) != napi_ok) return NULL;
  unsigned origin = (unsigned)integer(env, argv[1]);
  int request = integer(env, argv[2]);
  struct curl_header *h = NULL;
  while ((h = e->lib->easy_nextheader(e->curl, origin, request, h)) != NULL)
    napi_set_element(napi, array, count++, header_value(env, h));
  return array;
}

napi_value header_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easyHeader", header);
  export_function(env, exports, "easyHeaders", headers);
  return exports;
}
