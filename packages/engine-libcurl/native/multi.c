#include "multi.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "call.h"
#include "easy.h"
#include "sockets.h"

enum { CURLM_BAD_HANDLE = 1, CURLM_BAD_EASY_HANDLE = 2 };
/* socketAction answers the running handles, or, below any of libcurl's codes, -1000 - CURLMcode. */
enum { FAILED = -1000, CURLM_CALL_MULTI_PERFORM = -1 };
/* Above the CURL_POLL values: the close of this descriptor will be announced. */
enum { CLOSE_IS_TOLD = 8 };

/* Always 0: -1 kills the multi, and up to 8.19 crashes it (C 2.9). What JavaScript answers or throws is kept there. */
static int socket_told(CURL *curl, int fd, int what, void *userp, void *socketp) {
  multi *m = userp;
  if (m->env->ending) return 0;
  easy *e = easy_of(m->env, m->lib, curl);
  int flags = sockets_told(m, fd, what) ? CLOSE_IS_TOLD : 0;
  double numbers[] = {m->id, e == NULL ? 0 : e->id, fd, what | flags, (double)(intptr_t)socketp};
  call_hook(m->env, HOOK_SOCKET, numbers, 5, 0);
  return 0;
}

static int timer_told(CURLM *curl, long timeout_ms, void *userp) {
  multi *m = userp;
  (void)curl;
  call_hook(m->env, HOOK_TIMER, (double[]){m->id, (double)timeout_ms}, 2, 0);
  return 0;
}

static CURLM *init_quietly(const lib *c) {
  int numbers[FEW];
  sockets_lowest_free(numbers);
  CURLM *curl = c->multi_init();
  sockets_close_on_exec(numbers);
  return curl;
}

static napi_value init(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = calloc(1, sizeof *m);
  if (m == NULL) return number(env, 0);
  m->env = env;
  m->lib = lib_at(integer(env, argv[0]));
  m->curl = init_quietly(m->lib);
  if (m->curl != NULL) m->id = env_add(env, MULTI, m);
  if (m->id == 0) {
    if (m->curl != NULL) m->lib->multi_cleanup(m->curl);
    free(m);
    return number(env, 0);
  }
  return number(env, m->id);
}

/* multiCallbacks(id, socket, timer, sockets opened and closed): which of them JavaScript wants. */
static napi_value set_callbacks(napi_env napi, napi_callback_info info) {
  ARGUMENTS(4);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  const lib *c = m->lib;
  m->tells_sockets = boolean(env, argv[3]);
  int code = c->multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, boolean(env, argv[1]) ? socket_told : NULL);
  if (code == 0) code = c->multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
  if (code == 0) code = c->multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, boolean(env, argv[2]) ? timer_told : NULL);
  if (code == 0) code = c->multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
  return number(env, code);
}

static napi_value set_long(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  return number(env, m->lib->multi_setopt(m->curl, integer(env, argv[1]), (long)wide(env, argv[2])));
}

static napi_value add(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  easy *e = env_find(env, EASY, integer(env, argv[1]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  if (e == NULL || e->lib != m->lib) return number(env, CURLM_BAD_EASY_HANDLE);
  multi *before = e->multi;
  if (before == NULL) {
    gather_begin(e, m);
    e->multi = m;
    sockets_apply(e);
  }
  int code = m->lib->multi_add_handle(m->curl, e->curl);
  if (code != 0) e->multi = before;
  return number(env, code);
}

static int multi_remove(multi *m, easy *e) {
  int code = m->lib->multi_remove_handle(m->curl, e->curl);
  if (code == 0) e->multi = NULL;
  return code;
}

/* One of the two is about to be freed: a refusal leaves no pointer behind either. */
void multi_detach(easy *e) {
  if (e->multi != NULL) multi_remove(e->multi, e);
  e->multi = NULL;
}

static napi_value remove_handle(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  easy *e = env_find(env, EASY, integer(env, argv[1]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  if (e == NULL || e->multi != m) return number(env, CURLM_BAD_EASY_HANDLE);
  return number(env, multi_remove(m, e));
}

static double running_or_code(int code, int running) {
  if (code == 0) return running;
  return code == CURLM_CALL_MULTI_PERFORM ? code : FAILED - code;
}

static napi_value socket_action(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int running = 0; /* up to 8.0 an error leaves it unset (C 5.9) */
  if (m == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  int code = m->lib->multi_socket_action(m->curl, integer(env, argv[1]), integer(env, argv[2]), &running);
  return number(env, running_or_code(code, running));
}

static napi_value socket_all(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int running = 0;
  if (m == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  int code = m->lib->multi_socket_all(m->curl, &running);
  return number(env, running_or_code(code, running));
}

static napi_value timeout(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  long ms = -1;
  int code = m == NULL ? CURLM_BAD_HANDLE : m->lib->multi_timeout(m->curl, &ms);
  return number(env, code == 0 ? (double)ms : FAILED - code);
}

static napi_value assign(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  return number(env, m->lib->multi_assign(m->curl, integer(env, argv[1]), (void *)(intptr_t)integer(env, argv[2])));
}

/* multiInfoRead(id, out): the number of the easy that is done, 0 for one that is not ours, -1 when there is no message;
 * out receives the result and how many messages are left. The message itself dies with the easy's removal (C 9.3). */
static napi_value info_read(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  int32_t *out = NULL;
  int queued = 0;
  if (m == NULL || napi_get_typedarray_info(napi, argv[1], NULL, NULL, (void **)&out, NULL, NULL) != napi_ok)
    return number(env, -1);
  CURLMsg *message = m->lib->multi_info_read(m->curl, &queued);
  if (message == NULL) return number(env, -1);
  easy *e = easy_of(env, m->lib, message->easy_handle);
  out[0] = message->data.result;
  out[1] = queued;
  return number(env, e == NULL ? 0 : e->id);
}

static void detach_easies(multi *m) {
  for (int32_t id = 1; id < m->env->slot_count; id++) {
    easy *e = env_find(m->env, EASY, id);
    if (e == NULL) continue;
    if (e->multi == m) multi_detach(e);
    if (e->gather.home == m) gather_forget_home(e);
  }
}

void multi_destroy(void *object) {
  multi *m = object;
  detach_easies(m);
  m->lib->multi_cleanup(m->curl);
  env_forget(m->env, m->id);
  sockets_free(m);
  free(m);
}

static napi_value cleanup(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m != NULL) multi_destroy(m);
  return NULL;
}

napi_value multi_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "multiInit", init);
  export_function(env, exports, "multiCallbacks", set_callbacks);
  export_function(env, exports, "multiSetLong", set_long);
  export_function(env, exports, "multiAddHandle", add);
  export_function(env, exports, "multiRemoveHandle", remove_handle);
  export_function(env, exports, "multiSocketAction", socket_action);
  export_function(env, exports, "multiSocketAll", socket_all);
  export_function(env, exports, "multiTimeout", timeout);
  export_function(env, exports, "multiAssign", assign);
  export_function(env, exports, "multiInfoRead", info_read);
  export_function(env, exports, "multiCleanup", cleanup);
  return exports;
}
