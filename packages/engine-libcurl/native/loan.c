/* Large pieces grow in memory of JavaScript's, and are handed over with it: they are not copied again. Such pieces are a body
 * that is wanted whole and says how long it is, and what comes at once of one that is taken as it comes. */
#include "args.h"
#include "easy.h"
#include "gather.h"

/* Above, what cannot be allocated would end the process: V8 has no other way. */
enum { MOST_BYTES = 16 * 1024 * 1024 };

/* As garbage it would be more than that before V8 looks for it. */
enum { MOST_SPARE_BYTES = 64 * 1024 * 1024 };

/* The one that fits best; not much more than is wanted, as whoever keeps a piece keeps all of it. */
static spare *find_spare(curlew_env *env, size_t size) {
  spare *best = NULL;
  for (int i = 0; i < env->spare_count && (best == NULL || best->size > size); i++) {
    spare *s = &env->spares[i];
    if (s->size >= size && s->size / 2 <= size && (best == NULL || s->size < best->size)) best = s;
  }
  return best;
}

static spare take_out(curlew_env *env, spare *which) {
  spare taken = *which;
  env->spare_bytes -= taken.size;
  *which = env->spares[--env->spare_count];
  return taken;
}

void loan_drop_spares(curlew_env *env) {
  while (env->spare_count > 0) napi_delete_reference(env->napi, take_out(env, env->spares).memory);
}

/* In the place of others when there are enough, so that there are some of the size that is in use. */
static void add_spare(curlew_env *env, napi_ref memory, size_t size) {
  while (env->spare_count == MOST_SPARES || (env->spare_count > 0 && env->spare_bytes + size > MOST_SPARE_BYTES))
    napi_delete_reference(env->napi, take_out(env, env->spares).memory);
  env->spares[env->spare_count++] = (spare){.memory = memory, .size = size};
  env->spare_bytes += size;
}

static bool lend_spare(easy *e, size_t size) {
  gather *g = &e->gather;
  spare *found = find_spare(e->env, size);
  napi_value memory;
  unsigned char *data = NULL;
  size_t length = 0;
  if (found == NULL) return false;
  spare taken = take_out(e->env, found);
  if (napi_get_reference_value(e->env->napi, taken.memory, &memory) != napi_ok || !bytes_of(e->env, memory, &data, &length)) {
    napi_delete_reference(e->env->napi, taken.memory);
    return false;
  }
  g->loan = taken.memory;
  g->loan_bytes = taken.size;
  g->fresh = false;
  buffer_lend(&g->body, data, size);
  return true;
}

static bool lend(easy *e, size_t size) {
  gather *g = &e->gather;
  napi_value memory;
  void *data = NULL;
  if (g->in_pieces && lend_spare(e, size)) return true;
  if (napi_create_buffer(e->env->napi, size, &data, &memory) != napi_ok) return false;
  if (napi_create_reference(e->env->napi, memory, 1, &g->loan) != napi_ok) return false;
  g->loan_bytes = size;
  g->fresh = true;
  buffer_lend(&g->body, data, size);
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

void loan_given(easy *e) {
  gather *g = &e->gather;
  if (g->loan == NULL) return;
  if (!e->env->ending) napi_delete_reference(e->env->napi, g->loan);
  g->loan = NULL;
}

void loan_settle(easy *e) {
  gather *g = &e->gather;
  if (g->loan == NULL || g->body.lent) return;
  if (!g->in_pieces || e->env->ending) return loan_given(e);
  add_spare(e->env, g->loan, g->loan_bytes);
  g->loan = NULL;
}

/* gatherSpare(bytes): all of its memory, which nobody else has, is for other pieces. */
static napi_value take_back(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  unsigned char *data = NULL;
  size_t size = 0;
  napi_ref memory;
  if (!bytes_of(env, argv[0], &data, &size) || size < LEAST_LOAN_BYTES || size > MOST_BYTES) return NULL;
  if (napi_create_reference(napi, argv[0], 1, &memory) == napi_ok) add_spare(env, memory, size);
  return NULL;
}

napi_value loan_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "gatherSpare", take_back);
  return exports;
}
