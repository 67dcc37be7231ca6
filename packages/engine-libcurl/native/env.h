/* What one JavaScript environment (the main thread, a worker) owns here: its handles, by number, and the functions of
 * JavaScript that callbacks call. */
#ifndef CURLEW_ENV_H
#define CURLEW_ENV_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { FREE_SLOT, EASY, MULTI, SHARE } handle_kind;

typedef struct {
  void *object;
  handle_kind kind;
  int32_t next_free;
} slot;

/* The order is that of the array given to setHooks. */
typedef enum { HOOK_SOCKET, HOOK_TIMER, HOOK_OPENED, HOOK_CLOSING, HOOK_EASY, HOOK_NOTIFY, HOOK_PUSH, HOOK_COUNT } hook;

struct multi;

/* Memory of JavaScript's that had a piece of a body in it and may have another: loan.c. */
enum { MOST_SPARES = 512 };
typedef struct {
  napi_ref memory;
  size_t size;
} spare;

typedef struct curlew_env {
  napi_env napi;
  bool ending; /* set by the clean-up hook: from then on no callback does anything */
  slot *slots; /* slot 0 is never given out: 0 means "no handle" in JavaScript */
  int32_t slot_count;
  int32_t first_free;
  int32_t live[SHARE + 1]; /* by kind: leak tests read it */
  napi_ref hooks[HOOK_COUNT];
  spare spares[MOST_SPARES];
  int spare_count;
  size_t spare_bytes;
  struct multi *keeping; /* the multi whose tellings wait for the end of the call that is under way: telling.c */
} curlew_env;

curlew_env *env_create(napi_env napi);

/* A number for the object, above 0; 0 when memory is out. */
int32_t env_add(curlew_env *env, handle_kind kind, void *object);
void env_forget(curlew_env *env, int32_t id);
/* NULL unless a handle of that kind has that number. */
void *env_find(const curlew_env *env, handle_kind kind, int32_t id);

#endif
