#include "global.h"

#include "args.h"
#include "lib.h"

static napi_value names(curlew_env *env, const char *const *list) {
  napi_value array;
  if (napi_create_array(env->napi, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; list != NULL && list[i] != NULL; i++)
    napi_set_element(env->napi, array, i, text(env, list[i]));
  return array;
}

/* versionInfo(library): the whole struct of curl_version_info, as far as the library is new enough to fill it. */
static napi_value version_info(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  enum { NEWEST_AGE = 11 };
  const lib *c = lib_at(integer(env, argv[0]));
  const struct curl_version_info_data *v = c->version_info(NEWEST_AGE);
  napi_value out;
  if (napi_create_object(napi, &out) != napi_ok) return NULL;
  const struct {
    const char *name;
    const char *value;
  } texts[] = {
      {"summary", c->version()},      {"version", v->version},      {"host", v->host},
      {"ssl", v->ssl_version},        {"libz", v->libz_version},    {"ares", v->ares},
      {"libidn", v->libidn},          {"libssh", v->libssh_version}, {"brotli", v->brotli_version},
      {"nghttp2", v->nghttp2_version}, {"quic", v->quic_version},   {"cainfo", v->cainfo},
      {"capath", v->capath},          {"zstd", v->zstd_version},    {"hyper", v->hyper_version},
      {"gsasl", v->gsasl_version},    {"rtmp", v->age >= 11 ? v->rtmp_version : NULL},
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    napi_set_named_property(napi, out, texts[i].name, text(env, texts[i].value));
  const struct {
    const char *name;
    double value;
  } numbers[] = {
      {"age", v->age},
      {"versionNum", v->version_num},
      {"features", v->features},
      {"aresNum", v->ares_num},
      {"iconvVerNum", v->iconv_ver_num},
      {"brotliVerNum", v->brotli_ver_num},
      {"nghttp2VerNum", v->nghttp2_ver_num},
      {"zstdVerNum", v->zstd_ver_num},
  };
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    napi_set_named_property(napi, out, numbers[i].name, number(env, numbers[i].value));
  napi_set_named_property(napi, out, "protocols", names(env, v->protocols));
  napi_set_named_property(napi, out, "featureNames", names(env, v->age >= 10 ? v->feature_names : NULL));
  return out;
}

/* tlsBackends(library): id and name of each, one after the other. Choosing one is too late by now, asking is not: the list
 * comes before the refusal. */
static napi_value tls_backends(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  enum { NO_BACKEND = -1 };
  const curl_ssl_backend **backends = NULL;
  napi_value out;
  uint32_t at = 0;
  if (napi_create_array(napi, &out) != napi_ok) return NULL;
  lib_at(integer(env, argv[0]))->global_sslset(NO_BACKEND, NULL, &backends);
  for (; backends != NULL && *backends != NULL; backends++) {
    napi_set_element(napi, out, at++, number(env, (*backends)->id));
    napi_set_element(napi, out, at++, text(env, (*backends)->name));
  }
  return out;
}

/* absentFunctions(library): those of libcurl's functions that this one is too old for. */
static napi_value absent_functions(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  const lib *c = lib_at(integer(env, argv[0]));
  napi_value out;
  uint32_t at = 0;
  if (napi_create_array(napi, &out) != napi_ok) return NULL;
#define TELL_ABSENT(type, name, parameters) \
  if (c->name == NULL) napi_set_element(napi, out, at++, text(env, "curl_" #name));
  CURL_NEWER_FUNCTIONS(TELL_ABSENT)
#undef TELL_ABSENT
  return out;
}

static napi_value easy_strerror(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  return text(env, lib_at(integer(env, argv[0]))->easy_strerror(integer(env, argv[1])));
}

static napi_value multi_strerror(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  return text(env, lib_at(integer(env, argv[0]))->multi_strerror(integer(env, argv[1])));
}

static napi_value share_strerror(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  return text(env, lib_at(integer(env, argv[0]))->share_strerror(integer(env, argv[1])));
}

static napi_value url_strerror(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  return text(env, lib_at(integer(env, argv[0]))->url_strerror(integer(env, argv[1])));
}

napi_value global_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "versionInfo", version_info);
  export_function(env, exports, "tlsBackends", tls_backends);
  export_function(env, exports, "absentFunctions", absent_functions);
  export_function(env, exports, "easyStrerror", easy_strerror);
  export_function(env, exports, "multiStrerror", multi_strerror);
  export_function(env, exports, "shareStrerror", share_strerror);
  export_function(env, exports, "urlStrerror", url_strerror);
  return exports;
}
