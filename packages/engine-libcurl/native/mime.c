#include "mime.h"

#include <stdlib.h>

#include "args.h"
#include "callbacks.h"
#include "easy.h"
#include "setopt.h"

/* What a part that JavaScript reads has as its data in C. */
typedef struct stream {
  easy *easy;
  int32_t index;
  struct stream *next;
} stream;

typedef struct mime {
  curl_mime *curl;
  stream *streams;
} mime;

/* The numbers of src/mime.ts: what is asked of a stream. */
enum { READ, SEEK };

/* How a part comes from JavaScript: an array of these. */
enum { NAME, FILENAME, TYPE, ENCODER, LINES, KIND, CONTENT, SIZE };
typedef enum { EMPTY, DATA, FILE_DATA, STREAM, SUBPARTS } content_kind;

static size_t stream_read(char *room, size_t size, size_t count, void *userp) {
  stream *s = userp;
  hook_call c;
  if (!callback_open(&c, s->easy, CURLOPT_MIMEPOST)) return CURL_READFUNC_ABORT;
  hook_number(&c, s->index);
  hook_number(&c, READ);
  hook_number(&c, (double)(size * count));
  return callback_fill(&c, room, size * count);
}

static int stream_seek(void *userp, curl_off_t offset, int origin) {
  stream *s = userp;
  hook_call c;
  if (!callback_open(&c, s->easy, CURLOPT_MIMEPOST)) return CURL_SEEKFUNC_FAIL;
  hook_number(&c, s->index);
  hook_number(&c, SEEK);
  hook_number(&c, (double)offset);
  hook_number(&c, origin);
  return (int)callback_finish(&c, CURL_SEEKFUNC_FAIL);
}

static napi_value at(curlew_env *env, napi_value array, uint32_t index) {
  napi_value item = NULL;
  napi_get_element(env->napi, array, index, &item);
  return item;
}

static bool given(curlew_env *env, napi_value value) {
  napi_valuetype type = napi_null;
  napi_typeof(env->napi, value, &type);
  return type != napi_null;
}

static int set_text(easy *e, curl_mimepart *part, napi_value value, int (*set)(curl_mimepart *, const char *)) {
  if (!given(e->env, value)) return CURLE_OK;
  char *copy = string_copy(e->env, value, NULL);
  int code = copy == NULL ? CURLE_OUT_OF_MEMORY : set(part, copy);
  free(copy);
  return code;
}

static int set_headers(easy *e, curl_mimepart *part, napi_value lines) {
  struct curl_slist *list = NULL;
  if (!given(e->env, lines)) return CURLE_OK;
  int code = list_of(e->env, e->lib, lines, &list) ? e->lib->mime_headers(part, list, 1) : CURLE_OUT_OF_MEMORY;
  if (code != CURLE_OK) e->lib->slist_free_all(list);
  return code;
}

static int add_stream(mime *m, easy *e, curl_mimepart *part, int32_t index, curl_off_t size, bool can_seek) {
  stream *s = calloc(1, sizeof *s);
  if (s == NULL) return CURLE_OUT_OF_MEMORY;
  *s = (stream){.easy = e, .index = index, .next = m->streams};
  m->streams = s;
  return e->lib->mime_data_cb(part, size, stream_read, can_seek ? stream_seek : NULL, NULL, s);
}

static int add_parts(mime *m, easy *e, curl_mime *to, napi_value parts);

static int add_subparts(mime *m, easy *e, curl_mimepart *part, napi_value parts) {
  curl_mime *sub = e->lib->mime_init(e->curl);
  if (sub == NULL) return CURLE_OUT_OF_MEMORY;
  int code = add_parts(m, e, sub, parts);
  if (code == CURLE_OK) code = e->lib->mime_subparts(part, sub);
  if (code != CURLE_OK) e->lib->mime_free(sub);
  return code;
}

static int set_content(mime *m, easy *e, curl_mimepart *part, napi_value value) {
  curlew_env *env = e->env;
  napi_value content = at(env, value, CONTENT);
  unsigned char *data = NULL;
  size_t size = 0;
  switch ((content_kind)integer(env, at(env, value, KIND))) {
    case DATA:
      bytes_of(env, content, &data, &size);
      return e->lib->mime_data(part, data == NULL ? "" : (char *)data, size);
    case FILE_DATA:
      return set_text(e, part, content, e->lib->mime_filedata);
    case STREAM: {
      napi_value declared = at(env, value, SIZE);
      return add_stream(m, e, part, integer(env, content), wide(env, at(env, declared, 0)), boolean(env, at(env, declared, 1)));
    }
    case SUBPARTS:
      return add_subparts(m, e, part, content);
    default:
      return CURLE_OK;
  }
}

/* The file's name comes after its content, which brings one of its own. */
static int add_part(mime *m, easy *e, curl_mime *to, napi_value value) {
  const lib *c = e->lib;
  curlew_env *env = e->env;
  curl_mimepart *part = c->mime_addpart(to);
  int code = part == NULL ? CURLE_OUT_OF_MEMORY : set_content(m, e, part, value);
  if (code == CURLE_OK) code = set_text(e, part, at(env, value, NAME), c->mime_name);
  if (code == CURLE_OK) code = set_text(e, part, at(env, value, FILENAME), c->mime_filename);
  if (code == CURLE_OK) code = set_text(e, part, at(env, value, TYPE), c->mime_type);
  if (code == CURLE_OK) code = set_text(e, part, at(env, value, ENCODER), c->mime_encoder);
  return code == CURLE_OK ? set_headers(e, part, at(env, value, LINES)) : code;
}

static int add_parts(mime *m, easy *e, curl_mime *to, napi_value parts) {
  uint32_t count = 0;
  napi_get_array_length(e->env->napi, parts, &count);
  for (uint32_t i = 0; i < count; i++) {
    napi_handle_scope scope;
    if (napi_open_handle_scope(e->env->napi, &scope) != napi_ok) return CURLE_OUT_OF_MEMORY;
    int code = add_part(m, e, to, at(e->env, parts, i));
    napi_close_handle_scope(e->env->napi, scope);
    if (code != CURLE_OK) return code;
  }
  return CURLE_OK;
}

static void mime_destroy(const lib *c, mime *m) {
  if (m == NULL) return;
  if (m->curl != NULL) c->mime_free(m->curl);
  while (m->streams != NULL) {
    stream *gone = m->streams;
    m->streams = gone->next;
    free(gone);
  }
  free(m);
}

void mime_drop(easy *e) {
  mime_destroy(e->lib, e->mime);
  e->mime = NULL;
}

void mime_forget(easy *e) {
  if (e->mime == NULL) return;
  e->lib->easy_setopt(e->curl, CURLOPT_MIMEPOST, NULL);
  mime_drop(e);
}

/* easySetMime(id, parts or null): the new body replaces the old one only once libcurl has taken it. */
static napi_value set_mime(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  easy *e = env_find(env, EASY, integer(env, argv[0]));
  if (e == NULL) return number(env, CURLE_BAD_FUNCTION_ARGUMENT);
  if (!given(env, argv[1])) {
    int code = e->lib->easy_setopt(e->curl, CURLOPT_MIMEPOST, NULL);
    mime_drop(e);
    return number(env, code);
  }
  mime *m = calloc(1, sizeof *m);
  if (m == NULL) return number(env, CURLE_OUT_OF_MEMORY);
  m->curl = e->lib->mime_init(e->curl);
  int code = m->curl == NULL ? CURLE_OUT_OF_MEMORY : add_parts(m, e, m->curl, argv[1]);
  if (code == CURLE_OK) code = e->lib->easy_setopt(e->curl, CURLOPT_MIMEPOST, m->curl);
  mime_destroy(e->lib, code == CURLE_OK ? e->mime : m);
  if (code == CURLE_OK) e->mime = m;
  return number(env, code);
}

napi_value mime_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "easySetMime", set_mime);
  return exports;
}
