#include "call.h"

enum { MOST_ARGUMENTS = 5 };

static napi_value call(curlew_env *env, hook which, napi_value *arguments, size_t count) {
  napi_value function, undefined, result;
  if (napi_get_reference_value(env->napi, env->hooks[which], &function) != napi_ok) return NULL;
  if (napi_get_undefined(env->napi, &undefined) != napi_ok) return NULL;
  /* The hooks catch what users throw. What still fails here is an environment that is being terminated, or a stack that
   * ran out: it stays pending and is raised once libcurl has returned, never across its frames (C 10.7). */
  if (napi_call_function(env->napi, undefined, function, count, arguments, &result) != napi_ok) return NULL;
  return result;
}

int32_t call_hook(curlew_env *env, hook which, const double *numbers, size_t count, int32_t otherwise) {
  napi_handle_scope scope;
  if (env->ending || napi_open_handle_scope(env->napi, &scope) != napi_ok) return otherwise;
  napi_value arguments[MOST_ARGUMENTS];
  int32_t answer = otherwise;
  bool ready = true;
  for (size_t i = 0; i < count; i++)
    ready = ready && napi_create_double(env->napi, numbers[i], &arguments[i]) == napi_ok;
  napi_value result = ready ? call(env, which, arguments, count) : NULL;
  if (result != NULL) napi_get_value_int32(env->napi, result, &answer);
  napi_close_handle_scope(env->napi, scope);
  return answer;
}

double call_hook_bytes(curlew_env *env, hook which, int32_t id, const char *data, size_t size, double otherwise) {
  napi_handle_scope scope;
  if (env->ending || napi_open_handle_scope(env->napi, &scope) != napi_ok) return otherwise;
  napi_value arguments[2];
  double answer = otherwise;
  bool ready = napi_create_int32(env->napi, id, &arguments[0]) == napi_ok &&
               napi_create_buffer_copy(env->napi, size, data, NULL, &arguments[1]) == napi_ok;
  napi_value result = ready ? call(env, which, arguments, 2) : NULL;
  if (result != NULL) napi_get_value_double(env->napi, result, &answer);
  napi_close_handle_scope(env->napi, scope);
  return answer;
}
