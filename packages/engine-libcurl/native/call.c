#include "call.h"

#include "telling.h"

bool hook_open(hook_call *c, curlew_env *env) {
  if (env->keeping != NULL) telling_catch_up(env);
  *c = (hook_call){.env = env, .ready = true};
  return !env->ending && napi_open_handle_scope(env->napi, &c->scope) == napi_ok;
}

void hook_value(hook_call *c, napi_value value) {
  if (value == NULL || c->count == MOST_ARGUMENTS) c->ready = false;
  else c->arguments[c->count++] = value;
}

void hook_number(hook_call *c, double number) {
  napi_value value = NULL;
  napi_create_double(c->env->napi, number, &value);
  hook_value(c, value);
}

void hook_text(hook_call *c, const char *text) {
  napi_value value = NULL;
  if (text == NULL) napi_get_undefined(c->env->napi, &value);
  else napi_create_string_utf8(c->env->napi, text, NAPI_AUTO_LENGTH, &value);
  hook_value(c, value);
}

void hook_bytes(hook_call *c, const void *data, size_t size) {
  napi_value value = NULL;
  napi_create_buffer_copy(c->env->napi, size, data, NULL, &value);
  hook_value(c, value);
}

napi_value hook_answer(hook_call *c, hook which) {
  napi_env napi = c->env->napi;
  napi_value function, undefined, result;
  if (!c->ready || napi_get_reference_value(napi, c->env->hooks[which], &function) != napi_ok) return NULL;
  if (napi_get_undefined(napi, &undefined) != napi_ok) return NULL;
  /* The hooks catch what users throw. What still fails here is an environment that is being terminated, or a stack that
   * ran out: it stays pending and is raised once libcurl has returned, never across its frames (C 10.7). */
  if (napi_call_function(napi, undefined, function, c->count, c->arguments, &result) != napi_ok) return NULL;
  return result;
}

void hook_close(hook_call *c) { napi_close_handle_scope(c->env->napi, c->scope); }

double hook_finish(hook_call *c, hook which, double otherwise) {
  double answer = otherwise;
  napi_value result = hook_answer(c, which);
  if (result != NULL) napi_get_value_double(c->env->napi, result, &answer);
  hook_close(c);
  return answer;
}

int32_t call_hook(curlew_env *env, hook which, const double *numbers, size_t count, int32_t otherwise) {
  hook_call c;
  if (!hook_open(&c, env)) return otherwise;
  for (size_t i = 0; i < count; i++) hook_number(&c, numbers[i]);
  return (int32_t)hook_finish(&c, which, otherwise);
}
