/* What TypeScript sees of an attachment, and the one place that enters JavaScript. */
#include "attachment.h"

static napi_value number(napi_env env, double value) {
  napi_value out = NULL;
  napi_create_double(env, value, &out);
  return out;
}

/* The first argument is the attachment; NULL once it is closed, when the external has been emptied by JavaScript. */
static attachment *begin(napi_env env, napi_callback_info info, napi_value *argv, size_t count) {
  size_t argc = count;
  void *a = NULL;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc < count) return NULL;
  return napi_get_value_external(env, argv[0], &a) == napi_ok ? a : NULL;
}

static int32_t integer(napi_env env, napi_value value) {
  int32_t out = -1;
  napi_get_value_int32(env, value, &out);
  return out;
}

/* napi_make_callback and not napi_call_function: only it runs what promises were waiting for, at once. An exception
 * would vanish without napi_fatal_exception. */
void attachment_tell(attachment *a, int32_t what) {
  napi_handle_scope scope;
  napi_value listener, receiver, result, exception;
  bool pending = false;
  if (a->ending || napi_open_handle_scope(a->env, &scope) != napi_ok) return;
  napi_value argument = number(a->env, what);
  if (napi_get_reference_value(a->env, a->listener, &listener) == napi_ok &&
      napi_get_global(a->env, &receiver) == napi_ok &&
      napi_make_callback(a->env, a->context, receiver, listener, 1, &argument, &result) != napi_ok &&
      napi_is_exception_pending(a->env, &pending) == napi_ok && pending && /* not so when a worker is terminated */
      napi_get_and_clear_last_exception(a->env, &exception) == napi_ok)
    napi_fatal_exception(a->env, exception);
  napi_close_handle_scope(a->env, scope);
}

/* attach(listener, events) */
static napi_value attach(napi_env env, napi_callback_info info) {
  napi_value argv[2], out = NULL;
  size_t argc = 2;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc < 2) return NULL;
  attachment *a = attachment_open(env, argv[0], argv[1]);
  if (a != NULL) napi_create_external(env, a, NULL, NULL, &out);
  return out;
}

/* watch(attachment, fd, interest): 0, or libuv's error number, which is below 0. */
static napi_value watch(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  attachment *a = begin(env, info, argv, 3);
  return a == NULL ? NULL : number(env, attachment_watch(a, integer(env, argv[1]), integer(env, argv[2])));
}

static napi_value unwatch(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  attachment *a = begin(env, info, argv, 2);
  if (a != NULL) attachment_unwatch(a, integer(env, argv[1]));
  return NULL;
}

static napi_value arm(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  double delay_ms = 0;
  attachment *a = begin(env, info, argv, 2);
  if (a != NULL && napi_get_value_double(env, argv[1], &delay_ms) == napi_ok) attachment_arm(a, delay_ms);
  return NULL;
}

static napi_value disarm(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  attachment *a = begin(env, info, argv, 1);
  if (a != NULL) attachment_disarm(a);
  return NULL;
}

static napi_value hold(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  bool alive = false;
  attachment *a = begin(env, info, argv, 2);
  if (a != NULL && napi_get_value_bool(env, argv[1], &alive) == napi_ok) attachment_hold(a, alive);
  return NULL;
}

static napi_value close(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  attachment *a = begin(env, info, argv, 1);
  if (a != NULL) attachment_close(a);
  return NULL;
}

static napi_value error_name(napi_env env, napi_callback_info info) {
  napi_value argv[1], out = NULL;
  size_t argc = 1;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc < 1) return NULL;
  napi_create_string_utf8(env, uv_err_name(integer(env, argv[0])), NAPI_AUTO_LENGTH, &out);
  return out;
}

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok)
    napi_set_named_property(env, exports, name, value);
}

NAPI_MODULE_INIT() {
  export_function(env, exports, "attach", attach);
  export_function(env, exports, "watch", watch);
  export_function(env, exports, "unwatch", unwatch);
  export_function(env, exports, "arm", arm);
  export_function(env, exports, "disarm", disarm);
  export_function(env, exports, "hold", hold);
  export_function(env, exports, "close", close);
  export_function(env, exports, "errorName", error_name);
  return exports;
}
