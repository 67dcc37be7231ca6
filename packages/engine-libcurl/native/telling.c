#include "telling.h"

#include "args.h"
#include "call.h"
#include "easy.h"
#include "multi.h"
#include "push.h"
#include "sockets.h"

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
