#include "telling.h"

#include "args.h"
#include "call.h"
#include "easy.h"
#include "multi.h"
#include "push.h"
#include "sockets.h"

/* Above the CURL_POLL values: the close of this descriptor will be announced. */
enum { CLOSE_IS_TOLD = 8 };

/* How many are kept, and telling_gathered; then of each: the easy, the descriptor or TIMER, the action or the ms, and the index
 * that libcurl has for socketp. */
enum { KEPT_COUNT, KEPT_GATHERED, KEPT_HEAD, KEPT_INTS = 4, TIMER = -1 };

void telling_to(multi *m, napi_value kept) {
  napi_env napi = m->env->napi;
  size_t length = 0;
  void *ints = NULL;
  if (m->kept_ref != NULL) napi_delete_reference(napi, m->kept_ref);
  m->kept_ref = NULL;
  m->kept = NULL;
  m->tells_sockets = kept != NULL && napi_get_typedarray_info(napi, kept, NULL, &length, &ints, NULL, NULL) == napi_ok;
  if (!m->tells_sockets || napi_create_reference(napi, kept, 1, &m->kept_ref) != napi_ok) return;
  m->kept = ints;
  m->kept_most = (int32_t)(length - KEPT_HEAD) / KEPT_INTS;
  telling_gathered(m, 0);
}

void telling_gathered(multi *m, int64_t bytes) {
  m->gathered_bytes += bytes;
  if (m->kept != NULL) m->kept[KEPT_GATHERED] = m->gathered_bytes < INT32_MAX ? (int32_t)m->gathered_bytes : INT32_MAX;
}

multi *telling_keep(multi *m) {
  multi *before = m->env->keeping;
  if (m->kept != NULL) m->env->keeping = m;
  return before;
}

void telling_kept(multi *m, multi *before) { m->env->keeping = before; }

/* Entering JavaScript costs as much as all that it does then, three times a small transfer. So while nothing else enters it,
 * and nothing can happen to the descriptor that JavaScript would not be told first, what libcurl tells waits for the end of
 * the call. Answers whether it does. */
static bool keep(multi *m, int32_t easy_id, int32_t fd, int32_t what, int32_t index) {
  if (m->env->keeping != m || m->kept[KEPT_COUNT] == m->kept_most) return false;
  int32_t *entry = m->kept + KEPT_HEAD + m->kept[KEPT_COUNT]++ * KEPT_INTS;
  entry[0] = easy_id;
  entry[1] = fd;
  entry[2] = what;
  entry[3] = index;
  return true;
}

static void tell_socket(multi *m, int32_t easy_id, int32_t fd, int32_t what, int32_t index) {
  call_hook(m->env, HOOK_SOCKET, (double[]){m->id, easy_id, fd, what, index}, 5, 0);
}

static void tell_timer(multi *m, double timeout_ms) {
  call_hook(m->env, HOOK_TIMER, (double[]){m->id, timeout_ms}, 2, 0);
}

void telling_catch_up(curlew_env *env) {
  multi *m = env->keeping;
  int32_t count = m->kept[KEPT_COUNT];
  m->kept[KEPT_COUNT] = 0;
  env->keeping = NULL;
  for (int32_t *entry = m->kept + KEPT_HEAD; count > 0; count--, entry += KEPT_INTS)
    if (entry[1] == TIMER) tell_timer(m, entry[2]);
    else tell_socket(m, entry[0], entry[1], entry[2], entry[3]);
  env->keeping = m;
}

/* Always 0: -1 kills the multi, and up to 8.19 crashes it (C 2.9). What JavaScript answers or throws is kept there. */
static int socket_told(CURL *curl, int fd, int what, void *userp, void *socketp) {
  multi *m = userp;
  if (m->env->ending) return 0;
  easy *e = easy_of(m->env, m->lib, curl);
  int32_t easy_id = e == NULL ? 0 : e->id, index = (int32_t)(intptr_t)socketp;
  bool close_is_told = sockets_told(m, fd, what);
  if (close_is_told) what |= CLOSE_IS_TOLD;
  if (!close_is_told || !keep(m, easy_id, fd, what, index)) tell_socket(m, easy_id, fd, what, index);
  return 0;
}

static int timer_told(CURLM *curl, long timeout_ms, void *userp) {
  multi *m = userp;
  (void)curl;
  if (timeout_ms > INT32_MAX || !keep(m, 0, TIMER, (int32_t)timeout_ms, 0)) tell_timer(m, (double)timeout_ms);
  return 0;
}

static void notified(CURLM *curl, unsigned type, CURL *easy_handle, void *userp) {
  multi *m = userp;
  (void)curl;
  easy *e = m->env->ending ? NULL : easy_of(m->env, m->lib, easy_handle);
  call_hook(m->env, HOOK_NOTIFY, (double[]){m->id, type, e == NULL ? 0 : e->id}, 3, 0);
}

/* What the callbacks get in C. The values users set as data stay in JavaScript. */
void telling_begin(multi *m) {
  const int options[] = {CURLMOPT_SOCKETDATA, CURLMOPT_TIMERDATA, CURLMOPT_PUSHDATA, CURLMOPT_NOTIFYDATA};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) m->lib->multi_setopt(m->curl, options[i], m);
}

/* multiCallback(id, option, wanted): whether JavaScript wants that callback. */
static napi_value set_callback(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  int option = integer(env, argv[1]);
  void *callback = NULL;
  switch (boolean(env, argv[2]) ? option : 0) {
    case CURLMOPT_SOCKETFUNCTION:
      callback = socket_told;
      break;
    case CURLMOPT_TIMERFUNCTION:
      callback = timer_told;
      break;
    case CURLMOPT_PUSHFUNCTION:
      callback = push_told;
      break;
    case CURLMOPT_NOTIFYFUNCTION:
      callback = notified;
      break;
  }
  return number(env, m->lib->multi_setopt(m->curl, option, callback));
}

napi_value telling_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "multiCallback", set_callback);
  return exports;
}
