/* FTP transfers of all files that match a pattern: CURLOPT_WILDCARDMATCH. */
#include "args.h"
#include "callbacks.h"
#include "easy.h"

static void put(curlew_env *env, napi_value object, const char *name, napi_value value) {
  if (value != NULL) napi_set_named_property(env->napi, object, name, value);
}

/* Which of the fields the server told. */
enum { KNOWN_PERM = 8, KNOWN_UID = 16, KNOWN_GID = 32, KNOWN_SIZE = 64, KNOWN_HLINKCOUNT = 128 };

static napi_value file_info(curlew_env *env, const struct curl_fileinfo *f) {
  napi_value object = NULL;
  if (napi_create_object(env->napi, &object) != napi_ok) return NULL;
  put(env, object, "filename", text(env, f->filename));
  put(env, object, "filetype", number(env, f->filetype));
  if (f->flags & KNOWN_PERM) put(env, object, "perm", number(env, f->perm));
  if (f->flags & KNOWN_UID) put(env, object, "uid", number(env, f->uid));
  if (f->flags & KNOWN_GID) put(env, object, "gid", number(env, f->gid));
  if (f->flags & KNOWN_SIZE) put(env, object, "size", number(env, (double)f->size));
  if (f->flags & KNOWN_HLINKCOUNT) put(env, object, "hardlinks", number(env, (double)f->hardlinks));
  put(env, object, "timeText", text(env, f->strings.time));
  put(env, object, "permText", text(env, f->strings.perm));
  put(env, object, "user", text(env, f->strings.user));
  put(env, object, "group", text(env, f->strings.group));
  put(env, object, "target", text(env, f->strings.target));
  return object;
}

long chunk_begins(const struct curl_fileinfo *file, void *userp, int remaining) {
  enum { FAIL = 1 };
  easy *e = userp;
  hook_call c;
  if (!callback_open(&c, e, CURLOPT_CHUNK_BGN_FUNCTION)) return FAIL;
  hook_value(&c, file_info(e->env, file));
  hook_number(&c, remaining);
  return (long)callback_finish(&c, FAIL);
}

long chunk_ends(void *userp) {
  enum { FAIL = 1 };
  hook_call c;
  return callback_open(&c, userp, CURLOPT_CHUNK_END_FUNCTION) ? (long)callback_finish(&c, FAIL) : FAIL;
}

int name_matches(void *userp, const char *pattern, const char *name) {
  enum { FAIL = 2 };
  hook_call c;
  if (!callback_open(&c, userp, CURLOPT_FNMATCH_FUNCTION)) return FAIL;
  hook_text(&c, pattern);
  hook_text(&c, name);
  return (int)callback_finish(&c, FAIL);
}
