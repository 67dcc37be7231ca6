#include "env.h"

#include <stdlib.h>

#include "easy.h"
#include "gather.h"
#include "multi.h"
#include "share.h"

static bool grow(curlew_env *env) {
  int32_t size = env->slot_count == 0 ? 64 : env->slot_count * 2;
  slot *slots = realloc(env->slots, (size_t)size * sizeof *slots);
  if (slots == NULL) return false;
  for (int32_t i = env->slot_count; i < size; i++)
    slots[i] = (slot){.kind = FREE_SLOT, .next_free = i + 1 < size ? i + 1 : 0};
  env->first_free = env->slot_count == 0 ? 1 : env->slot_count;
  env->slots = slots;
  env->slot_count = size;
  return true;
}

int32_t env_add(curlew_env *env, handle_kind kind, void *object) {
  if (env->first_free == 0 && !grow(env)) return 0;
  int32_t id = env->first_free;
  env->first_free = env->slots[id].next_free;
  env->slots[id] = (slot){.object = object, .kind = kind};
  env->live[kind]++;
  return id;
}

void env_forget(curlew_env *env, int32_t id) {
  env->live[env->slots[id].kind]--;
  env->slots[id] = (slot){.kind = FREE_SLOT, .next_free = env->first_free};
  env->first_free = id;
}

void *env_find(const curlew_env *env, handle_kind kind, int32_t id) {
  if (id <= 0 || id >= env->slot_count || env->slots[id].kind != kind) return NULL;
  return env->slots[id].object;
}

static void destroy_all(curlew_env *env, handle_kind kind, void (*destroy)(void *)) {
  for (int32_t id = 1; id < env->slot_count; id++)
    if (env->slots[id].kind == kind) destroy(env->slots[id].object);
}

/* Runs when a worker ends and when the main thread's loop runs out (not after its process.exit()). Hooks run last added,
 * first called: loops that were attached after this addon was loaded have stopped watching before a descriptor is closed
 * here. Multis go first, because an easy must have left its multi (C 6.8). */
static void end_environment(void *data) {
  curlew_env *env = data;
  env->ending = true;
  destroy_all(env, MULTI, multi_destroy);
  destroy_all(env, EASY, easy_destroy);
  destroy_all(env, SHARE, share_destroy);
  for (int i = 0; i < HOOK_COUNT; i++)
    if (env->hooks[i] != NULL) napi_delete_reference(env->napi, env->hooks[i]);
  loan_drop_spares(env);
  free(env->slots);
  env->slots = NULL;
  env->slot_count = env->first_free = 0;
}

/* The struct outlives the hook: JavaScript that is still to run in a dying environment must find "no such handle". */
static void release(napi_env napi, void *data, void *hint) {
  (void)napi;
  (void)hint;
  free(data);
}

curlew_env *env_create(napi_env napi) {
  curlew_env *env = calloc(1, sizeof *env);
  if (env == NULL) return NULL;
  env->napi = napi;
  if (napi_set_instance_data(napi, env, release, NULL) != napi_ok ||
      napi_add_env_cleanup_hook(napi, end_environment, env) != napi_ok) {
    free(env);
    return NULL;
  }
  return env;
}
