/* Large pieces grow in memory of JavaScript's, and are handed over with it: they are not copied again. Such pieces are a body
 * that is wanted whole and says how long it is, and what comes at once of one that is taken as it comes. */
#include "args.h"
#include "easy.h"
#include "gather.h"

/* Above, what cannot be allocated would end the process: V8 has no other way. */
enum { MOST_BYTES = 16 * 1024 * 1024 };

static bool lend(easy *e, size_t size) {
  gather *g = &e->gather;
  napi_value memory;
  void *data = NULL;
  keep_freed_memory();
  if (napi_create_buffer(e->env->napi, size, &data, &memory) != napi_ok) return false;
  if (napi_create_reference(e->env->napi, memory, 1, &g->loan) != napi_ok) return false;
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
  size_t least = e->gather.in_pieces ? body->capacity / 4 * 3 : body->capacity;
  if (!body->lent || buffer_size(body) < least) return NULL;
  return napi_get_reference_value(e->env->napi, e->gather.loan, &memory) == napi_ok ? memory : NULL;
}

void loan_settle(easy *e) {
  gather *g = &e->gather;
  if (g->loan == NULL || g->body.lent) return;
  if (!e->env->ending) napi_delete_reference(e->env->napi, g->loan);
  g->loan = NULL;
}
