#include "share.h"

#include <stdlib.h>

#include "args.h"
#include "easy.h"

/* No lock functions: a share is used by one environment, which is one thread. */
typedef struct share {
  curlew_env *env;
  const lib *lib;
  CURLSH *curl;
  int32_t id;
  int users;
  bool dropped; /* JavaScript has no handle of it any more */
} share;

static napi_value init(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  share *s = calloc(1, sizeof *s);
  if (s == NULL) return number(env, 0);
  s->env = env;
  s->lib = lib_at(integer(env, argv[0]));
  s->curl = s->lib->share_init();
  if (s->curl != NULL) s->id = env_add(env, SHARE, s);
  if (s->id == 0) {
    if (s->curl != NULL) s->lib->share_cleanup(s->curl);
    free(s);
    return number(env, 0);
  }
  return number(env, s->id);
}

void share_destroy(void *object) {
  share *s = object;
  s->lib->share_cleanup(s->curl);
  env_forget(s->env, s->id);
  free(s);
}

/* shareCleanup(id, dropped): a CURLSHcode. In use it stays; one that was dropped then goes with its last user. */
static napi_value cleanup(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  share *s = env_find(env, SHARE, integer(env, argv[0]));
  if (s == NULL) return number(env, CURLSHE_INVALID);
  if (s->users > 0) {
    s->dropped = boolean(env, argv[1]);
    return number(env, CURLSHE_IN_USE);
  }
  share_destroy(s);
  return number(env, 0);
}

/* shareSetopt(id, option, value): a CURLSHcode. */
static napi_value set(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  share *s = env_find(env, SHARE, integer(env, argv[0]));
  if (s == NULL) return number(env, CURLSHE_INVALID);
  return number(env, s->lib->share_setopt(s->curl, integer(env, argv[1]), integer(env, argv[2])));
}

void share_leave(easy *e) {
  share *s = e->share;
  e->share = NULL;
  if (s != NULL && --s->users == 0 && s->dropped) share_destroy(s);
}

/* easySetShare(id, share's or 0): a CURLcode. */
static napi_value set_share(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  share *s = env_find(env, SHARE, integer(env, argv[1]));
  if (e == NULL || (s != NULL && s->lib != e->lib)) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  int code = e->lib->easy_setopt(e->curl, CURLOPT_SHARE, s == NULL ? NULL : s->curl);
  if (code != CURLE_OK) return number(env, code);
  if (s != NULL) s->users++;
  share_leave(e);
  e->share = s;
  return number(env, code);
}

napi_value share_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "shareInit", init);
  export_function(env, exports, "shareSetopt", set);
  export_function(env, exports, "shareCleanup", cleanup);
  export_function(env, exports, "easySetShare", set_share);
  return exports;
}
