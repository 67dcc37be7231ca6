#include "gather.h"

#include <string.h>
#include <strings.h>

#include "args.h"
#include "easy.h"
#include "multi.h"
#include "telling.h"

/* One of so many parts of a body must have come. */
enum { PROMISED_PARTS = 16 };

/* What of its body would be handed over is in its multi's sum. */
static void count(easy *e) {
  gather *g = &e->gather;
  size_t now = g->touched && gather_body_is_due(g) ? buffer_size(&g->body) : 0;
  if (now == g->counted) return;
  telling_gathered(g->home, (int64_t)now - (int64_t)g->counted);
  g->counted = now;
}

static void enlist(multi *m, easy *e) {
  gather *g = &e->gather;
  g->touched = true;
  g->previous = m->last_touched;
  g->next = NULL;
  if (m->last_touched != NULL) m->last_touched->gather.next = e;
  else m->first_touched = e;
  m->last_touched = e;
}

void gather_touch(easy *e) {
  gather *g = &e->gather;
  if (g->held || g->home == NULL) return;
  if (!g->touched) enlist(g->home, e);
  count(e);
}

void gather_untouch(easy *e) {
  gather *g = &e->gather;
  multi *m = g->home;
  if (!g->touched) return;
  g->touched = false;
  if (g->previous != NULL) g->previous->gather.next = g->next;
  else m->first_touched = g->next;
  if (g->next != NULL) g->next->gather.previous = g->previous;
  else m->last_touched = g->previous;
  count(e);
}

/* file: is read in one go, and fails when its receiver pauses. */
static bool can_pause(easy *e) {
  char *url = NULL;
  e->lib->easy_getinfo(e->curl, CURLINFO_EFFECTIVE_URL, &url);
  return url == NULL || strncasecmp(url, "file:", 5) != 0;
}

/* At how many bytes receiving pauses: what is wanted as a whole may be more, but not while JavaScript wants nothing. */
static size_t most_bytes(const gather *g) {
  return g->whole_bytes > 0 && !g->held ? g->whole_bytes : g->high_water_bytes;
}

bool gather_body_is_due(const gather *g) {
  return g->whole_bytes == 0 || buffer_size(&g->body) >= g->whole_bytes;
}

/* How long a body says it is; 0 or less when it does not say. */
static curl_off_t said_bytes(easy *e) {
  curl_off_t length = 0;
  e->lib->easy_getinfo(e->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length;
}

/* 0 also when it is more than is taken at once, for which memory comes as it is needed. */
static size_t promised_bytes(easy *e) {
  curl_off_t length = said_bytes(e);
  return length > 0 && length <= (curl_off_t)e->gather.whole_bytes ? (size_t)length : 0;
}

/* A body that is wanted whole and says how long it is need not move while it grows. A promise gets nothing before a part of it
 * is there: ten thousand of them would be paid for in garbage collections. */
static void make_room(easy *e, size_t more) {
  gather *g = &e->gather;
  size_t held = buffer_size(&g->body);
  if (held == 0) g->promised = promised_bytes(e);
  if (g->promised == 0 || held + more < g->promised / PROMISED_PARTS) return;
  if (g->handed_over > 0 || !loan_open(e, g->promised)) buffer_reserve(&g->body, g->promised);
  g->promised = 0;
}

/* There will be as much as there was the last time, or what is left. */
static void make_usual_room(easy *e) {
  gather *g = &e->gather;
  if (g->usual_bytes < LEAST_LOAN_BYTES || buffer_size(&g->body) > 0) return;
  curl_off_t left = said_bytes(e) - (curl_off_t)g->handed_over;
  loan_open(e, left > 0 && left < (curl_off_t)g->usual_bytes ? (size_t)left : g->usual_bytes);
}

/* Whether libcurl may have a body to send. */
static bool sends(const easy *e) { return e->gather.sending || e->posts || e->mime != NULL; }

/* Of what it has read when it is made to wait libcurl keeps a copy, and gives it out again: two copies of as much as it reads
 * at once. So it is stopped between two reads, by a pause of both directions: one of a single direction makes it look at once
 * for what the other can do, and 7.88.1 then reads all the same. 8.14.1 is busy for as long as it is paused so (C 11.6). What
 * libcurl has kept already, the rest of what a read of a compressed body became, may be 64 MiB, and only an answer stops that. */
static void stop_reading(easy *e) {
  enum { MAY_BE_BUSY = 0x080000 };
  long version = CURL_HTTP_VERSION_2_0; /* whose streams come out of one read, whatever is paused (C 11.7) */
  gather *g = &e->gather;
  if (e->lib->version_num >= MAY_BE_BUSY || g->continuing) return;
  bool complete = said_bytes(e) == (curl_off_t)(g->handed_over + buffer_size(&g->body));
  if (complete || sends(e) || !can_pause(e)) return;
  e->lib->easy_getinfo(e->curl, CURLINFO_HTTP_VERSION, &version);
  if (version >= CURL_HTTP_VERSION_2_0) return;
  if (e->lib->easy_pause(e->curl, CURLPAUSE_RECV | CURLPAUSE_SEND) != CURLE_OK) return;
  g->receive_paused = true;
  g->full_told = false;
}

/* What is left of the read in which it was stopped comes although it is paused; nothing else does. */
static bool is_full(const gather *g) { return buffer_size(&g->body) >= most_bytes(g) && !g->receive_paused; }

static size_t gather_body(char *data, size_t size, size_t count, void *userp) {
  easy *e = userp;
  gather *g = &e->gather;
  if (is_full(g) && can_pause(e)) {
    g->receive_paused = true;
    g->full_told = false;
    gather_touch(e);
    return CURL_WRITEFUNC_PAUSE;
  }
  g->in_pieces = g->whole_bytes == 0;
  if (g->in_pieces) make_usual_room(e);
  else make_room(e, size * count);
  if (!buffer_append(&g->body, data, size * count)) return CURL_WRITEFUNC_ERROR;
  loan_settle(e);
  if (is_full(g)) stop_reading(e);
  if (gather_body_is_due(g)) gather_touch(e);
  return size * count;
}

/* One call a line. A block begins with a status line, which no trailer can look like: "/" is not of a name's characters. */
static size_t gather_header(char *data, size_t size, size_t count, void *userp) {
  easy *e = userp;
  gather *g = &e->gather;
  size_t length = size * count;
  g->header_bytes += length;
  if (g->header_bytes > g->header_limit_bytes) {
    g->refused = HEADERS_TOO_LARGE;
    return CURL_WRITEFUNC_ERROR;
  }
  if (length >= 5 && memcmp(data, "HTTP/", 5) == 0) g->in_head = true;
  if (!buffer_append(g->in_head ? &g->headers : &g->trailers, data, length)) return CURL_WRITEFUNC_ERROR;
  if (data[0] == '\r' || data[0] == '\n') g->in_head = false;
  gather_touch(e);
  return length;
}

/* libcurl calls it whether something has moved or not, and at least once a second. */
static int gather_progress(void *userp, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow) {
  easy *e = userp;
  gather *g = &e->gather;
  double now[4] = {(double)dltotal, (double)dlnow, (double)ultotal, (double)ulnow};
  if (memcmp(now, g->moved, sizeof now) == 0) return 0;
  memcpy(g->moved, now, sizeof now);
  g->moved_told = false;
  gather_touch(e);
  return 0;
}

int gather_apply(easy *e) {
  const lib *c = e->lib;
  c->easy_setopt(e->curl, CURLOPT_WRITEFUNCTION, gather_body);
  c->easy_setopt(e->curl, CURLOPT_WRITEDATA, e);
  c->easy_setopt(e->curl, CURLOPT_HEADERFUNCTION, gather_header);
  return c->easy_setopt(e->curl, CURLOPT_HEADERDATA, e);
}

/* gather(id, highWaterBytes, headerLimitBytes) */
static napi_value start(napi_env napi, napi_callback_info info) {
  ARGUMENTS(3);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  e->gather.on = true;
  e->gather.high_water_bytes = (size_t)wide(env, argv[1]);
  e->gather.header_limit_bytes = (size_t)wide(env, argv[2]);
  return number(env, gather_apply(e));
}

/* gatherProgress(id) */
static napi_value tell_progress(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  e->gather.moved_told = true; /* there is nothing to tell yet */
  const lib *c = e->lib;
  c->easy_setopt(e->curl, CURLOPT_XFERINFOFUNCTION, gather_progress);
  c->easy_setopt(e->curl, CURLOPT_XFERINFODATA, e);
  return number(env, c->easy_setopt(e->curl, CURLOPT_NOPROGRESS, 0L));
}

/* gatherContinue(id): goes on in both directions as far as their reasons to pause are gone; a CURLcode. It calls the
 * write callback itself when libcurl kept something (C 11.3). */
static napi_value continue_transfer(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL || e->multi == NULL) return number(env, CURLE_OK);
  gather *g = &e->gather;
  bool body_left = buffer_size(&g->body) >= most_bytes(g);
  bool nothing_to_send = gather_queued(g) == 0 && !g->send_ended && !g->refused;
  bool was_paused = g->receive_paused || g->send_paused;
  g->receive_paused = g->receive_paused && body_left;
  g->send_paused = g->send_paused && nothing_to_send;
  if (!was_paused) return number(env, CURLE_OK);
  int mask = (g->receive_paused ? CURLPAUSE_RECV : 0) | (g->send_paused ? CURLPAUSE_SEND : 0);
  g->continuing = true;
  int code = e->lib->easy_pause(e->curl, mask);
  g->continuing = false;
  /* Between two connections, after a redirect for one, there is nothing to go on with yet (C 11.9). */
  return number(env, code == CURLE_BAD_FUNCTION_ARGUMENT ? CURLE_OK : code);
}

/* gatherHold(id, held) */
static napi_value hold(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return NULL;
  gather *g = &e->gather;
  g->held = boolean(env, argv[1]);
  if (g->held) gather_untouch(e);
  else gather_touch(e);
  return NULL;
}

/* gatherWhole(id, mostBytes): of the body, that much is wanted in one piece. */
static napi_value whole(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e != NULL) e->gather.whole_bytes = (size_t)wide(env, argv[1]);
  return NULL;
}

/* gatherRest(id, toldBytes): what has come of the body and will not be handed over any more, as its transfer is being ended;
 * undefined when there is nothing, or something before it was not told. */
static napi_value rest(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL || e->gather.handed_over != (size_t)wide(env, argv[1])) return NULL;
  buffer *body = &e->gather.body;
  napi_value bytes = NULL;
  if (buffer_size(body) == 0) return NULL;
  if (napi_create_buffer_copy(napi, buffer_size(body), buffer_front(body), NULL, &bytes) != napi_ok) return NULL;
  buffer_drop(body, buffer_size(body));
  loan_settle(e);
  count(e);
  return bytes;
}

void gather_ended(easy *e) {
  sending_ended(&e->gather);
  if (e->gather.whole_bytes == 0) return;
  e->gather.whole_bytes = 0;
  gather_touch(e);
}

static napi_value paused(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  return boolean_value(env, e != NULL && (e->gather.receive_paused || e->gather.send_paused));
}

static napi_value refused(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  return number(env, e == NULL ? REFUSED_NOTHING : e->gather.refused);
}

void gather_begin(easy *e, struct multi *home) {
  gather *g = &e->gather;
  gather_forget_home(e);
  buffer_drop(&g->headers, buffer_size(&g->headers));
  buffer_drop(&g->body, buffer_size(&g->body));
  loan_settle(e);
  buffer_drop(&g->trailers, buffer_size(&g->trailers));
  g->header_bytes = g->handed_over = 0;
  memset(g->moved, 0, sizeof g->moved);
  g->moved_told = true;
  g->in_head = g->held = g->receive_paused = g->full_told = false;
  g->send_paused = g->drain_wanted = g->drain_told = false;
  if (g->begun) {
    g->send_ended = false;
    g->refused = REFUSED_NOTHING;
    buffer_drop(&g->out, g->given);
    g->sent = g->given = 0;
  }
  g->begun = true;
  g->home = home;
}

void gather_forget_home(easy *e) {
  gather_untouch(e);
  e->gather.home = NULL;
}

void gather_free(easy *e) {
  gather *g = &e->gather;
  multi *home = g->home;
  gather_untouch(e);
  buffer_free(&g->headers);
  buffer_free(&g->body);
  loan_settle(e);
  buffer_free(&g->trailers);
  buffer_free(&g->out);
  *g = (gather){.home = home};
}

napi_value gather_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "gather", start);
  export_function(env, exports, "gatherProgress", tell_progress);
  export_function(env, exports, "gatherContinue", continue_transfer);
  export_function(env, exports, "gatherHold", hold);
  export_function(env, exports, "gatherWhole", whole);
  export_function(env, exports, "gatherRest", rest);
  export_function(env, exports, "gatherPaused", paused);
  export_function(env, exports, "gatherRefused", refused);
  return exports;
}
