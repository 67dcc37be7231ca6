#include "getinfo.h"

#include <math.h>
#include <string.h>

#include "args.h"
#include "easy.h"

static napi_value string_array(curlew_env *env, const struct curl_slist *list) {
  napi_value array;
  if (napi_create_array(env->napi, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; list != NULL; list = list->next)
    napi_set_element(env->napi, array, i++, text(env, list->data));
  return array;
}

/* One array of "name: value" lines for each certificate of the chain. */
static napi_value certificates(curlew_env *env, const struct curl_certinfo *chain) {
  napi_value array;
  if (napi_create_array(env->napi, &array) != napi_ok) return NULL;
  for (int i = 0; chain != NULL && i < chain->num_of_certs; i++)
    napi_set_element(env->napi, array, (uint32_t)i, string_array(env, chain->certinfo[i]));
  return array;
}

/* The backend's number and the address of its session: all that can be said of a pointer in JavaScript. */
static napi_value tls_session(curlew_env *env, const struct curl_tlssessioninfo *session) {
  napi_value object, internals;
  if (session == NULL || napi_create_object(env->napi, &object) != napi_ok) return NULL;
  napi_create_bigint_uint64(env->napi, (uint64_t)(uintptr_t)session->internals, &internals);
  napi_set_named_property(env->napi, object, "backend", number(env, session->backend));
  napi_set_named_property(env->napi, object, "internals", internals);
  return object;
}

static napi_value pointer_info(curlew_env *env, easy *e, int which, int *code) {
  void *pointer = NULL;
  *code = e->lib->easy_getinfo(e->curl, which, &pointer);
  if (*code != CURLE_OK) return NULL;
  if (which == CURLINFO_CERTINFO) return certificates(env, pointer);
  if (which == CURLINFO_TLS_SESSION || which == CURLINFO_TLS_SSL_PTR) return tls_session(env, pointer);
  napi_value array = string_array(env, pointer);
  e->lib->slist_free_all(pointer); /* SSL_ENGINES and COOKIELIST belong to the caller (their man pages) */
  return array;
}

static napi_value read_info(curlew_env *env, easy *e, int which, int *code) {
  const lib *c = e->lib;
  switch (which & CURLINFO_TYPEMASK) {
    case CURLINFO_STRING: {
      char *value = NULL;
      *code = c->easy_getinfo(e->curl, which, &value);
      return text(env, value);
    }
    case CURLINFO_LONG: {
      long value = 0;
      *code = c->easy_getinfo(e->curl, which, &value);
      return number(env, (double)value);
    }
    case CURLINFO_DOUBLE: {
      double value = 0;
      *code = c->easy_getinfo(e->curl, which, &value);
      return number(env, value);
    }
    case CURLINFO_SOCKET: {
      int value = CURL_SOCKET_BAD;
      *code = c->easy_getinfo(e->curl, which, &value);
      return number(env, value);
    }
    case CURLINFO_OFF_T: {
      curl_off_t value = 0;
      *code = c->easy_getinfo(e->curl, which, &value);
      return number(env, (double)value);
    }
    case CURLINFO_PTR:
      return pointer_info(env, e, which, code);
    default:
      *code = CURLE_BAD_FUNCTION_ARGUMENT;
      return NULL;
  }
}

/* getinfo(id, info, codes): the value, undefined where libcurl has none; codes[0] receives the CURLcode. */
static napi_value getinfo(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  int32_t *codes = NULL;
  if (napi_get_typedarray_info(napi, argv[2], NULL, NULL, (void **)&codes, NULL, NULL) != napi_ok) return NULL;
  codes[0] = CURLE_BAD_FUNCTION_ARGUMENT;
  if (e == NULL) return NULL;
  if (gather_not_taken_up(e)) {
    codes[0] = CURLE_OK;
    return NULL;
  }
  int code = CURLE_OK;
  napi_value value = read_info(env, e, integer(env, argv[1]), &code);
  codes[0] = code;
  return code == CURLE_OK ? value : NULL;
}

/* A number, or the length of a string that is put into `text`; NAN where libcurl has none. */
static double read_plain(easy *e, int which, unsigned char *text, size_t room, size_t *used) {
  const lib *c = e->lib;
  char *string = NULL;
  long integer = 0;
  curl_off_t wide = 0;
  switch (which & CURLINFO_TYPEMASK) {
    case CURLINFO_LONG:
      return c->easy_getinfo(e->curl, which, &integer) == CURLE_OK ? (double)integer : NAN;
    case CURLINFO_OFF_T:
      return c->easy_getinfo(e->curl, which, &wide) == CURLE_OK ? (double)wide : NAN;
    case CURLINFO_STRING:
      if (c->easy_getinfo(e->curl, which, &string) != CURLE_OK || string == NULL) return NAN;
      size_t length = strlen(string);
      if (length <= room - *used) memcpy(text + *used, string, length);
      else *used = room + 1;
      if (*used <= room) *used += length;
      return (double)length;
    default:
      return NAN;
  }
}

/* getinfos(id, infos, numbers, text): long, off_t and string infos at once; false when the strings do not fit. */
static napi_value getinfos(napi_env napi, napi_callback_info info) {
  ARGUMENTS(4);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  int32_t *ids = NULL;
  double *numbers = NULL;
  unsigned char *text = NULL;
  size_t count = 0, room_for = 0, room = 0, used = 0;
  napi_get_typedarray_info(napi, argv[1], NULL, &count, (void **)&ids, NULL, NULL);
  napi_get_typedarray_info(napi, argv[2], NULL, &room_for, (void **)&numbers, NULL, NULL);
  if (e == NULL || count > room_for || !bytes_of(env, argv[3], &text, &room) || gather_not_taken_up(e))
    return boolean_value(env, false);
  for (size_t i = 0; i < count && used <= room; i++) numbers[i] = read_plain(e, ids[i], text, room, &used);
  return boolean_value(env, used <= room);
}

napi_value getinfo_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easyGetinfo", getinfo);
  export_function(env, exports, "easyGetinfos", getinfos);
  return exports;
}
