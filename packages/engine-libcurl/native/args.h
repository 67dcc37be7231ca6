/* Arguments in and values out. The TypeScript side has checked them already: what does not convert here becomes 0, false
 * or an empty value, never undefined behaviour. */
#ifndef CURLEW_ARGS_H
#define CURLEW_ARGS_H

#include "env.h"

/* Every exported function has its environment as data. */
#define ARGUMENTS(count)                                                       \
  napi_value argv[count];                                                      \
  size_t argc = count;                                                         \
  curlew_env *env = NULL;                                                      \
  if (napi_get_cb_info(napi, info, &argc, argv, NULL, (void **)&env) != napi_ok || argc < count) return NULL

int32_t integer(curlew_env *env, napi_value value);
double floating(curlew_env *env, napi_value value);
int64_t wide(curlew_env *env, napi_value value); /* number or bigint */
bool boolean(curlew_env *env, napi_value value);

/* A NUL-terminated copy to be freed by the caller; NULL when it is not a string, or memory is out. */
char *string_copy(curlew_env *env, napi_value value, size_t *length);

/* The bytes of a Uint8Array. */
bool bytes_of(curlew_env *env, napi_value value, unsigned char **data, size_t *length);

napi_value number(curlew_env *env, double value);
napi_value boolean_value(curlew_env *env, bool value);
napi_value text(curlew_env *env, const char *value); /* undefined for NULL */

void export_function(curlew_env *env, napi_value exports, const char *name, napi_callback function);

#endif
