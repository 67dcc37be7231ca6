/* What was gathered is handed over: bytes into memory of JavaScript's, and a record of each piece. */
#include <string.h>

#include "args.h"
#include "easy.h"
#include "gather.h"
#include "multi.h"

enum { RECORD_INTS = 4, RECORDS_HEAD = 2 };

typedef struct {
  unsigned char *room;
  size_t used, size;
  int32_t *records; /* [count, bytes needed or 0 or -1, then id, kind, offset or -1 - index in loans, length each] */
  int32_t most;
  napi_value loans;
  uint32_t lent;
} collection;

static bool has_record(collection *c) {
  if (c->records[0] < c->most) return true;
  c->records[1] = -1;
  return false;
}

static void add_record(collection *c, easy *e, record_kind kind, int32_t offset, size_t size) {
  int32_t *record = c->records + RECORDS_HEAD + c->records[0]++ * RECORD_INTS;
  record[0] = e->id;
  record[1] = kind;
  record[2] = offset;
  record[3] = (int32_t)size;
}

static bool put(collection *c, easy *e, record_kind kind, buffer *from) {
  size_t size = from == NULL ? 0 : buffer_size(from);
  if (!has_record(c)) return false;
  if (size > c->size - c->used) {
    c->records[1] = (int32_t)size;
    return false;
  }
  add_record(c, e, kind, (int32_t)c->used, size);
  if (size > 0) {
    memcpy(c->room + c->used, buffer_front(from), size);
    c->used += size;
    buffer_drop(from, size);
  }
  return true;
}

static bool put_some(collection *c, easy *e, record_kind kind, buffer *from) {
  return buffer_size(from) == 0 || put(c, e, kind, from);
}

/* The next piece will be as long, in whole calls of the write callback. One that fills what was made ready for the rest of a body says nothing. */
static void note_usual(gather *g) {
  size_t size = buffer_size(&g->body);
  bool all_there_was = g->body.lent && size == g->body.capacity;
  size_t calls = (size + CURL_MAX_WRITE_SIZE - 1) / CURL_MAX_WRITE_SIZE;
  if (!all_there_was || size > g->usual_bytes) g->usual_bytes = calls * CURL_MAX_WRITE_SIZE;
}

/* The memory it is in, when that is JavaScript's and full; a large piece that is not goes there now. */
static napi_value memory_of(easy *e) {
  buffer *body = &e->gather.body;
  if (e->gather.in_pieces && !body->lent) loan_open(e, buffer_size(body));
  return loan_full(e);
}

/* With its memory, if it has any; otherwise it is copied. */
static bool put_body(collection *c, easy *e) {
  buffer *body = &e->gather.body;
  if (!has_record(c)) return false;
  if (e->gather.in_pieces) note_usual(&e->gather);
  napi_value memory = memory_of(e);
  if (memory == NULL || napi_set_element(e->env->napi, c->loans, c->lent, memory) != napi_ok) {
    bool done = put(c, e, BODY, body);
    loan_settle(e);
    return done;
  }
  add_record(c, e, e->gather.in_pieces && e->gather.fresh ? PIECE : BODY, -1 - (int32_t)c->lent++, buffer_size(body));
  buffer_free(body);
  loan_given(e);
  return true;
}

static bool put_moved(collection *c, easy *e) {
  gather *g = &e->gather;
  if (g->moved_told) return true;
  buffer moved = {0};
  g->moved_told = !buffer_append(&moved, g->moved, sizeof g->moved) || put(c, e, PROGRESS, &moved);
  buffer_free(&moved);
  return g->moved_told;
}

static bool put_flag(collection *c, easy *e, record_kind kind, bool wanted, bool *told) {
  if (!wanted || *told) return true;
  if (!put(c, e, kind, NULL)) return false;
  *told = true;
  return true;
}

static bool put_all(collection *c, easy *e) {
  gather *g = &e->gather;
  bool due = gather_body_is_due(g);
  size_t body_bytes = buffer_size(&g->body);
  if (!put_some(c, e, HEADERS, &g->headers) || (due && body_bytes > 0 && !put_body(c, e))) return false;
  g->handed_over += body_bytes - buffer_size(&g->body);
  if (!put_moved(c, e) || !put_flag(c, e, FULL, g->receive_paused, &g->full_told)) return false;
  return (!due || put_some(c, e, TRAILERS, &g->trailers)) && put_flag(c, e, DRAIN, g->drain_wanted, &g->drain_told);
}

/* collect(multi, bytes, offset, records, loans): hands over, in the order things happened to each transfer. Bodies that have
 * memory of JavaScript's already become elements of loans. records[1] says whether all was said (0), more records are needed
 * (-1), or that much room for the next piece. */
static napi_value collect(napi_env napi, napi_callback_info info) {
  ARGUMENTS(5);
  collection c = {.loans = argv[4]};
  size_t record_ints = 0;
  if (!bytes_of(env, argv[1], &c.room, &c.size)) return NULL;
  if (napi_get_typedarray_info(napi, argv[3], NULL, &record_ints, (void **)&c.records, NULL, NULL) != napi_ok) return NULL;
  c.used = (size_t)wide(env, argv[2]);
  c.most = (int32_t)(record_ints - RECORDS_HEAD) / RECORD_INTS;
  c.records[0] = c.records[1] = 0;
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return NULL; /* it was cleaned up: there is nothing, and what the records say is over */
  while (m->first_touched != NULL && put_all(&c, m->first_touched)) gather_untouch(m->first_touched);
  return NULL;
}

napi_value collect_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "collect", collect);
  return exports;
}
