/* What TypeScript sees of an attachment, and the one place that enters JavaScript. */
#include <math.h>

#include "attachment.h"

enum { EXPIRED = 1 << 16 };

static napi_value number(napi_env env, double value) {
  napi_value out = NULL;
  napi_create_double(env, value, &out);
  return out;
}

/* The first argument is the attachment. TypeScript sees to it that it is not closed. */
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

/* What promises wait for runs when the call of the threadsafe function is over, on every runtime (P 2.3). An exception would
 * vanish without napi_fatal_exception. */
void attachment_tell(napi_env env, napi_value listener) {
  napi_value undefined, result, exception;
  bool pending = false;
  if (napi_get_undefined(env, &undefined) == napi_ok &&
      napi_call_function(env, undefined, listener, 0, NULL, &result) != napi_ok &&
      napi_is_exception_pending(env, &pending) == napi_ok && pending && /* not so when a worker is terminated */
      napi_get_and_clear_last_exception(env, &exception) == napi_ok)
    napi_fatal_exception(env, exception);
}

/* attach(listener, events): the attachment; or -errno; or undefined when the runtime refused. */
static napi_value attach(napi_env env, napi_callback_info info) {
  napi_value argv[2], out = NULL;
  size_t argc = 2;
  int error = 0;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc < 2) return NULL;
  attachment *a = attachment_open(env, argv[0], argv[1], &error);
  if (a == NULL) return error == 0 ? NULL : number(env, error);
  if (napi_create_external(env, a, NULL, NULL, &out) != napi_ok) attachment_close(a); /* a worker that is terminated */
  return out;
}

/* watch(attachment, fd, interest): 0 or -errno. */
static napi_value watch(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  attachment *a = begin(env, info, argv, 3);
  return a == NULL ? NULL : number(env, epoll_set_watch(&a->set, integer(env, argv[1]), integer(env, argv[2])));
}

static napi_value unwatch(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  attachment *a = begin(env, info, argv, 2);
  if (a != NULL) epoll_set_unwatch(&a->set, integer(env, argv[1]));
  return NULL;
}

/* setTimer(attachment, delayMs): rounded up; below 0 it is taken back. */
static napi_value set_timer(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  double delay_ms = -1;
  attachment *a = begin(env, info, argv, 2);
  if (a != NULL && napi_get_value_double(env, argv[1], &delay_ms) == napi_ok)
    epoll_set_timer(&a->set, (int64_t)ceil(delay_ms * 1e6));
  return NULL;
}

/* ready(attachment): how many events were put into `events`, plus EXPIRED when the timer did; or -errno. */
static napi_value ready(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  bool expired = false;
  attachment *a = begin(env, info, argv, 1);
  if (a == NULL) return NULL;
  int count = attachment_ready(a, &expired);
  return number(env, count < 0 ? count : count | (expired ? EXPIRED : 0));
}

/* wait(attachment): lets the thread wait, and the listener be called once; 0 or -errno. */
static napi_value wait(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  attachment *a = begin(env, info, argv, 1);
  return a == NULL ? NULL : number(env, attachment_wait(a));
}

static napi_value hold(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  bool alive = false;
  attachment *a = begin(env, info, argv, 2);
  if (a != NULL && napi_get_value_bool(env, argv[1], &alive) == napi_ok) attachment_hold(a, alive);
  return NULL;
}

static napi_value close_attachment(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  attachment *a = begin(env, info, argv, 1);
  if (a != NULL) attachment_close(a);
  return NULL;
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
  export_function(env, exports, "setTimer", set_timer);
  export_function(env, exports, "ready", ready);
  export_function(env, exports, "wait", wait);
  export_function(env, exports, "hold", hold);
  export_function(env, exports, "close", close_attachment);
  return exports;
}
