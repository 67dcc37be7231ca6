#include "args.h"

#include <stdlib.h>

int32_t integer(curlew_env *env, napi_value value) {
  int32_t out = 0;
  napi_get_value_int32(env->napi, value, &out);
  return out;
}

double floating(curlew_env *env, napi_value value) {
  double out = 0;
  napi_get_value_double(env->napi, value, &out);
  return out;
}

int64_t wide(curlew_env *env, napi_value value) {
  int64_t out = 0;
  bool lossless;
  if (napi_get_value_bigint_int64(env->napi, value, &out, &lossless) != napi_ok)
    napi_get_value_int64(env->napi, value, &out);
  return out;
}

bool boolean(curlew_env *env, napi_value value) {
  bool out = false;
  napi_get_value_bool(env->napi, value, &out);
  return out;
}

char *string_copy(curlew_env *env, napi_value value, size_t *length) {
  size_t size = 0;
  if (napi_get_value_string_utf8(env->napi, value, NULL, 0, &size) != napi_ok) return NULL;
  char *copy = malloc(size + 1);
  if (copy == NULL) return NULL;
  napi_get_value_string_utf8(env->napi, value, copy, size + 1, &size);
  if (length != NULL) *length = size;
  return copy;
}

bool bytes_of(curlew_env *env, napi_value value, unsigned char **data, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env->napi, value, &type, length, (void **)data, NULL, NULL) == napi_ok &&
         type == napi_uint8_array;
}

napi_value number(curlew_env *env, double value) {
  napi_value out = NULL;
  napi_create_double(env->napi, value, &out);
  return out;
}

napi_value boolean_value(curlew_env *env, bool value) {
  napi_value out = NULL;
  napi_get_boolean(env->napi, value, &out);
  return out;
}

napi_value text(curlew_env *env, const char *value) {
  napi_value out = NULL;
  if (value != NULL) napi_create_string_utf8(env->napi, value, NAPI_AUTO_LENGTH, &out);
  return out;
}

void export_function(curlew_env *env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  if (napi_create_function(env->napi, name, NAPI_AUTO_LENGTH, function, env, &value) == napi_ok)
    napi_set_named_property(env->napi, exports, name, value);
}
