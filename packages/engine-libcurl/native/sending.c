/* What a gathering transfer sends: all of a body at once, which can be sent again, or a queue that JavaScript fills. */
#include <stdio.h> /* SEEK_SET */
#include <string.h>

#include "args.h"
#include "easy.h"
#include "gather.h"

/* A refill is asked for while there is still something to send, so that the socket need not wait for JavaScript. */
enum { LOW_WATER_BYTES = 64 * 1024 };

/* So much of a stream is kept when libcurl has read it: the connection may turn out to be closed already, and what was not
 * answered is sent again on another. */
enum { AGAIN_BYTES = 64 * 1024 };

static size_t refuse(gather *g, refusal why) {
  g->refused = why;
  return CURL_READFUNC_ABORT;
}

size_t gather_no_body(char *room, size_t size, size_t count, void *userp) {
  (void)room;
  (void)size;
  (void)count;
  return refuse(&((easy *)userp)->gather, NO_BODY);
}

static size_t send_rewindable(gather *g, char *room, size_t most) {
  size_t left = buffer_size(&g->out) - g->sent;
  size_t size = left < most ? left : most;
  if (size > 0) memcpy(room, buffer_front(&g->out) + g->sent, size);
  g->sent += size;
  return size;
}

size_t gather_queued(const gather *g) { return buffer_size(&g->out) - g->given; }

static size_t give(gather *g, char *room, size_t size) {
  memcpy(room, buffer_front(&g->out) + g->given, size);
  g->given += size;
  g->sent += size;
  if (g->sent <= AGAIN_BYTES) return size;
  buffer_drop(&g->out, g->given);
  g->given = 0;
  return size;
}

static size_t send_queued(easy *e, char *room, size_t most) {
  gather *g = &e->gather;
  size_t queued = gather_queued(g);
  size_t size = queued < most ? queued : most;
  if (!g->send_ended && queued - size < LOW_WATER_BYTES && !g->drain_wanted) {
    g->drain_wanted = true;
    g->drain_told = false;
    gather_touch(e);
  }
  if (size > 0) return give(g, room, size);
  if (g->send_ended) return g->declared > (curl_off_t)g->sent ? refuse(g, BODY_TOO_SHORT) : 0;
  g->send_paused = true;
  return CURL_READFUNC_PAUSE;
}

static size_t gather_read(char *room, size_t size, size_t count, void *userp) {
  easy *e = userp;
  size_t most = size * count;
  if (e->gather.refused) return CURL_READFUNC_ABORT;
  return e->gather.rewindable ? send_rewindable(&e->gather, room, most) : send_queued(e, room, most);
}

static int gather_seek(void *userp, curl_off_t offset, int origin) {
  gather *g = &((easy *)userp)->gather;
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  if (g->rewindable && (size_t)offset <= buffer_size(&g->out)) {
    g->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
  }
  bool all_kept = g->sent == g->given && g->header_bytes == 0; /* and no answer, such as a redirect, was to any of it */
  if (offset > 0 || (g->sent > 0 && !all_kept)) return CURL_SEEKFUNC_CANTSEEK;
  g->sent = g->given = 0;
  return CURL_SEEKFUNC_OK;
}

/* Of the two ways to send, libcurl turns a POST into a GET where a redirect says so (301, 302, 303); a word that was put in
 * PUT's place by CUSTOMREQUEST would stay. */
static void send_by(easy *e, bool post) {
  const lib *c = e->lib;
  c->easy_setopt(e->curl, post ? CURLOPT_POST : CURLOPT_UPLOAD, 1L);
  c->easy_setopt(e->curl, post ? CURLOPT_POSTFIELDSIZE_LARGE : CURLOPT_INFILESIZE_LARGE, e->gather.declared);
}

/* What was queued of the last body, or said of it, is nothing to the next one. */
static void forget_sent(gather *g) {
  buffer_drop(&g->out, buffer_size(&g->out));
  g->sent = g->given = 0;
  g->begun = g->send_ended = false;
  g->refused = REFUSED_NOTHING;
}

/* gatherUpload(id, sizeBytes or -1, body or undefined, post, mostQueuedBytes): a body that is all here can be sent again, a
 * stream only before the first answer. */
static napi_value upload(napi_env napi, napi_callback_info info) {
  ARGUMENTS(5);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  unsigned char *data = NULL;
  size_t length = 0;
  forget_sent(&e->gather);
  e->gather.sending = true;
  e->gather.rewindable = bytes_of(env, argv[2], &data, &length);
  if (!buffer_append(&e->gather.out, data, length)) return number(env, CURLE_OUT_OF_MEMORY);
  e->gather.declared = wide(env, argv[1]);
  e->gather.most_queued_bytes = (size_t)wide(env, argv[4]);
  const lib *c = e->lib;
  send_by(e, boolean(env, argv[3]));
  c->easy_setopt(e->curl, CURLOPT_READFUNCTION, gather_read);
  c->easy_setopt(e->curl, CURLOPT_READDATA, e);
  c->easy_setopt(e->curl, CURLOPT_SEEKFUNCTION, gather_seek);
  return number(env, c->easy_setopt(e->curl, CURLOPT_SEEKDATA, e));
}

/* More than was promised would be read as the next request by who is at the other end. */
static bool too_long(const gather *g, size_t length) {
  return g->declared >= 0 && (curl_off_t)(g->sent + gather_queued(g) + length) > g->declared;
}

/* A stream of large pieces gets room at once for all that will wait: while its buffer grew, that was copied again each time it
 * doubled. If there is no memory for it, appending says so. */
static void make_room(gather *g, size_t length) {
  enum { LARGE_BYTES = 64 * 1024, MOST_BYTES = 1024 * 1024 };
  if (length < LARGE_BYTES || length <= g->out.capacity - g->out.end) return;
  size_t more = g->most_queued_bytes < MOST_BYTES ? g->most_queued_bytes + length : MOST_BYTES;
  curl_off_t left = g->declared - (curl_off_t)(g->sent + gather_queued(g));
  if (g->declared >= 0 && left < (curl_off_t)more) more = (size_t)left;
  buffer_reserve(&g->out, buffer_size(&g->out) + more);
}

static bool queue(gather *g, const unsigned char *data, size_t length) {
  make_room(g, length);
  return buffer_append(&g->out, data, length);
}

/* gatherSend(id, bytes or undefined for the end): bytes queued, or -1 when memory is out. */
static napi_value send_bytes(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, 0);
  unsigned char *data = NULL;
  size_t length = 0;
  gather *g = &e->gather;
  if (!g->sending) return number(env, 0);
  if (!bytes_of(env, argv[1], &data, &length)) g->send_ended = true;
  else if (too_long(g, length)) g->refused = BODY_TOO_LONG;
  else if (!queue(g, data, length)) return number(env, -1);
  g->drain_wanted = false;
  return number(env, (double)gather_queued(g));
}

void sending_ended(gather *g) {
  if (!g->rewindable) buffer_free(&g->out);
  g->given = 0;
}

napi_value sending_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "gatherUpload", upload);
  export_function(env, exports, "gatherSend", send_bytes);
  return exports;
}
