#include "push.h"

#include <string.h>

#include "call.h"
#include "easy.h"
#include "multi.h"
#include "sockets.h"

enum { CURL_PUSH_OK = 0, CURL_PUSH_DENY = 1 };

/* "name:value" lines: neither can have a line break in it. */
static bool join(const lib *c, struct curl_pushheaders *headers, size_t count, buffer *lines) {
  for (size_t i = 0; i < count; i++) {
    const char *line = c->pushheader_bynum(headers, i);
    if (line == NULL) continue;
    if (!buffer_append(lines, line, strlen(line)) || !buffer_append(lines, "\n", 1)) return false;
  }
  return true;
}

static int ask(multi *m, easy *parent, easy *pushed, const buffer *lines) {
  hook_call c;
  if (!hook_open(&c, m->env)) return CURL_PUSH_DENY;
  hook_number(&c, m->id);
  hook_number(&c, parent->id);
  hook_number(&c, pushed->id);
  hook_bytes(&c, buffer_front(lines), buffer_size(lines));
  return (int)hook_finish(&c, HOOK_PUSH, CURL_PUSH_DENY);
}

/* `pushed` is a copy of its parent that libcurl made. When the answer is OK libcurl adds it to the multi, and it is ours from
 * then on; else libcurl frees it. */
int push_told(CURL *parent, CURL *pushed, size_t count, struct curl_pushheaders *headers, void *userp) {
  multi *m = userp;
  buffer lines = {0};
  easy *from = m->env->ending ? NULL : easy_of(m->env, m->lib, parent);
  easy *e = from == NULL ? NULL : easy_wrap_copy(from, pushed);
  if (e == NULL) return CURL_PUSH_DENY;
  int32_t id = e->id;
  int answer = join(m->lib, headers, count, &lines) ? ask(m, from, e, &lines) : CURL_PUSH_DENY;
  buffer_free(&lines);
  if (answer == CURL_PUSH_OK) multi_takes(m, e);
  else if (env_find(m->env, EASY, id) == e) easy_release(e);
  return answer;
}
