/* Large pieces grow in memory of JavaScript's, and are handed over with it: they are not copied again. Such pieces are a body
 * that is wanted whole and says how long it is, and what comes at once of one that is taken as it comes. */
#include "args.h"
#include "easy.h"
#include "gather.h"

/* Above, what cannot be allocated would end the process: V8 has no other way. */
enum { MOST_BYTES = 16 * 1024 * 1024 };

/* As garbage it would be more than that before V8 looks for it. */
enum { MOST_SPARE_BYTES = 32 * 1024 * 1024 };

/* Not much more than is wanted: whoever keeps a piece keeps all of it. */
static spare *find_spare(curlew_env *env, size_t size) {
  for (int i = 0; i < env->spare_count; i++)
    if (env->spares[i].size >= size && env->spares[i].size / 4 <= size) return &env->spares[i];
  return NULL;
}

static bool lend_spare(easy *e, size_t size) {
  curlew_env *env = e->env;
  spare *found = find_spare(env, size);
  napi_value memory;
  unsigned char *data = NULL;
  size_t length = 0;
  if (found == NULL) return false;
  e->gather.loan = found->memory;
  env->spare_bytes -= found->size;
  *found = env->spares[--env->spare_count];
  napi_get_reference_value(env->napi, e->gather.loan, &memory);
  e->gather.fresh = false;
  if (bytes_of(env, memory, &data, &length) && length >= size) buffer_lend(&e->gather.body, data, size);
  else loan_settle(e); /* it has no such memory any more */
  return e->gather.loan != NULL;
}

static bool lend(easy *e, size_t size) {
  gather *g = &e->gather;
  napi_value memory;
  void *data = NULL;
  if (g->in_pieces && lend_spare(e, size)) return true;
  keep_freed_memory();
  if (napi_create_buffer(e->env->napi, size, &data, &memory) != napi_ok) return false;
  if (napi_create_reference(e->env->napi, memory, 1, &g->loan) != napi_ok) return false;
  buffer_lend(&g->body, data, size);
  g->fresh = true;
  return true;
}

bool loan_open(easy *e, size_t size) {
  napi_handle_scope scope;
  if (size < LEAST_LOAN_BYTES || size > MOST_BYTES || e->env->ending) return false;
  if (napi_open_handle_scope(e->env->napi, &scope) != napi_ok) return false;
  bool lent = lend(e, size);
  napi_close_handle_scope(e->env->napi, scope);
  return lent;
}

napi_value loan_full(easy *e) {
  const buffer *body = &e->gather.body;
  napi_value memory = NULL;
  size_t least = e->gather.in_pieces ? body->capacity / 2 : body->capacity;
  if (!body->lent || buffer_size(body) < least) return NULL;
  return napi_get_reference_value(e->env->napi, e->gather.loan, &memory) == napi_ok ? memory : NULL;
}

void loan_settle(easy *e) {
  gather *g = &e->gather;
  if (g->loan == NULL || g->body.lent) return;
  if (!e->env->ending) napi_delete_reference(e->env->napi, g->loan);
  g->loan = NULL;
}

/* gatherSpare(bytes): all of its memory, which nobody else has, is for other pieces, as long as there is not enough of that. */
static napi_value spare_bytes(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  unsigned char *data = NULL;
  size_t size = 0;
  napi_ref memory;
  if (!bytes_of(env, argv[0], &data, &size) || size < LEAST_LOAN_BYTES) return NULL;
  if (env->spare_count == MOST_SPARES || env->spare_bytes + size > MOST_SPARE_BYTES) return NULL;
  if (napi_create_reference(napi, argv[0], 1, &memory) != napi_ok) return NULL;
  env->spares[env->spare_count++] = (spare){.memory = memory, .size = size};
  env->spare_bytes += size;
  return NULL;
}

napi_value loan_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "gatherSpare", spare_bytes);
  return exports;
}
