/* The addon's table of contents: libraries, hooks, and what each file registers. */
#include "args.h"
#include "callbacks.h"
#include "connection.h"
#include "easy.h"
#include "gather.h"
#include "getinfo.h"
#include "global.h"
#include "header.h"
#include "mime.h"
#include "multi.h"
#include "select.h"
#include "setopt.h"
#include "share.h"
#include "telling.h"

#include <stdlib.h>

/* load(path): {status, index, path, fresh} or {status, why}. fresh: the first time in this process. */
static napi_value load(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  char why[1024] = "";
  int index = -1;
  bool fresh = false;
  char *path = string_copy(env, argv[0], NULL);
  if (path == NULL) return NULL;
  lib_status status = lib_load(path, &index, &fresh, why, sizeof why);
  free(path);
  napi_value result;
  if (napi_create_object(napi, &result) != napi_ok) return NULL;
  napi_set_named_property(napi, result, "status", number(env, status));
  napi_set_named_property(napi, result, "index", number(env, index));
  napi_set_named_property(napi, result, "why", text(env, why));
  napi_set_named_property(napi, result, "fresh", boolean_value(env, fresh));
  if (status == LIB_OK) napi_set_named_property(napi, result, "path", text(env, lib_at(index)->path));
  return result;
}

/* options(library): name, id, type, flags of each easy option, one after the other. */
static napi_value options(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  const lib *c = lib_at(integer(env, argv[0]));
  napi_value out;
  uint32_t i = 0;
  if (napi_create_array(napi, &out) != napi_ok) return NULL;
  for (const struct curl_easyoption *o = c->easy_option_next(NULL); o != NULL; o = c->easy_option_next(o)) {
    napi_set_element(napi, out, i++, text(env, o->name));
    napi_set_element(napi, out, i++, number(env, o->id));
    napi_set_element(napi, out, i++, number(env, o->type));
    napi_set_element(napi, out, i++, number(env, o->flags));
  }
  return out;
}

/* setHooks(functions): in the order of the enum hook. */
static napi_value set_hooks(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  for (uint32_t i = 0; i < HOOK_COUNT; i++) {
    napi_value function;
    if (napi_get_element(napi, argv[0], i, &function) == napi_ok)
      napi_create_reference(napi, function, 1, &env->hooks[i]);
  }
  return NULL;
}

/* live(): how many easy, multi and share handles exist in this environment. */
static napi_value live(napi_env napi, napi_callback_info info) {
  curlew_env *env = NULL;
  napi_value out;
  if (napi_get_cb_info(napi, info, NULL, NULL, NULL, (void **)&env) != napi_ok) return NULL;
  if (napi_create_object(napi, &out) != napi_ok) return NULL;
  napi_set_named_property(napi, out, "easies", number(env, env->live[EASY]));
  napi_set_named_property(napi, out, "multis", number(env, env->live[MULTI]));
  napi_set_named_property(napi, out, "shares", number(env, env->live[SHARE]));
  return out;
}

NAPI_MODULE_INIT() {
  curlew_env *created = env_create(env);
  if (created == NULL) return NULL;
  export_function(created, exports, "load", load);
  export_function(created, exports, "options", options);
  export_function(created, exports, "setHooks", set_hooks);
  export_function(created, exports, "live", live);
  easy_register(created, exports);
  setopt_register(created, exports);
  getinfo_register(created, exports);
  replay_register(created, exports);
  gather_register(created, exports);
  sending_register(created, exports);
  collect_register(created, exports);
  loan_register(created, exports);
  memory_register(created, exports);
  global_register(created, exports);
  select_register(created, exports);
  telling_register(created, exports);
  callbacks_register(created, exports);
  connection_register(created, exports);
  header_register(created, exports);
  mime_register(created, exports);
  share_register(created, exports);
  return multi_register(created, exports);
}
