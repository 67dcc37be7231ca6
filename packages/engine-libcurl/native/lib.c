#define _GNU_SOURCE
#include "lib.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 7.81 is the oldest a Debian or Ubuntu in use has; it also answers 11 to a failing callback instead of ignoring it. */
enum { OLDEST = 0x075100, MOST_LIBRARIES = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static lib loaded[MOST_LIBRARIES];
static int count;

/* RTLD_DEEPBIND lets libcurl keep its own OpenSSL, zlib and nghttp2: without it the ones linked into the runtime are
 * found first and mixed in. Sanitizers cannot live with it, hence the switch. */
static int dlopen_flags(void) {
#if defined(RTLD_DEEPBIND) && !defined(CURLEW_NO_DEEPBIND)
  return RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#else
  return RTLD_NOW | RTLD_LOCAL;
#endif
}

static const char *mapped_path(void *handle, const char *asked) {
  struct link_map *map = NULL;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != NULL && map->l_name[0] != '\0') return map->l_name;
  return asked;
}

static const char *bind_functions(void *handle, lib *into) {
#define BIND(type, name, parameters)                                 \
  *(void **)&into->name = dlsym(handle, "curl_" #name);              \
  if (into->name == NULL) return "curl_" #name;
  CURL_FUNCTIONS(BIND)
#undef BIND
#define BIND(type, name, parameters) *(void **)&into->name = dlsym(handle, "curl_" #name);
  CURL_NEWER_FUNCTIONS(BIND)
#undef BIND
  return NULL;
}

static lib_status load_new(const char *path, lib *into, char *why, size_t why_size) {
  void *handle = dlopen(path, dlopen_flags());
  if (handle == NULL) {
    snprintf(why, why_size, "%s", dlerror());
    return LIB_NOT_FOUND;
  }
  /* The version first: a libcurl too old to have every function is to be called old, not foreign. */
  *(void **)&into->version_info = dlsym(handle, "curl_version_info");
  if (into->version_info == NULL) {
    snprintf(why, why_size, "it has no function curl_version_info");
    dlclose(handle);
    return LIB_NOT_LIBCURL;
  }
  struct curl_version_info_data *info = into->version_info(9);
  if (info->version_num < OLDEST) {
    snprintf(why, why_size, "it is version %s", info->version);
    return LIB_TOO_OLD;
  }
  const char *missing = bind_functions(handle, into);
  if (missing != NULL) {
    snprintf(why, why_size, "it has no function %s", missing);
    return LIB_NOT_LIBCURL;
  }
  if (into->global_init(CURL_GLOBAL_ALL) != 0) {
    snprintf(why, why_size, "curl_global_init failed");
    return LIB_INIT_FAILED;
  }
  keep_freed_memory();
  into->version_num = info->version_num;
  into->path = strdup(mapped_path(handle, path));
  return into->path == NULL ? LIB_INIT_FAILED : LIB_OK;
}

static int find(const char *path) {
  for (int i = 0; i < count; i++)
    if (strcmp(loaded[i].path, path) == 0) return i;
  return -1;
}

static lib_status load_locked(const char *path, int *index, bool *new, char *why, size_t why_size) {
  int known = find(path);
  if (known < 0) {
    if (count == MOST_LIBRARIES) {
      snprintf(why, why_size, "%d different libraries are loaded already", count);
      return LIB_TOO_MANY;
    }
    lib fresh;
    memset(&fresh, 0, sizeof fresh);
    lib_status status = load_new(path, &fresh, why, why_size);
    if (status != LIB_OK) return status;
    known = find(fresh.path); /* another name of a library that is there */
    if (known < 0) {
      known = count;
      loaded[count++] = fresh;
      *new = true;
    } else {
      free(fresh.path);
    }
  }
  *index = known;
  return LIB_OK;
}

lib_status lib_load(const char *path, int *index, bool *fresh, char *why, size_t why_size) {
  *fresh = false;
  pthread_mutex_lock(&lock);
  lib_status status = load_locked(path, index, fresh, why, why_size);
  pthread_mutex_unlock(&lock);
  return status;
}

const lib *lib_at(int index) { return &loaded[index]; }
