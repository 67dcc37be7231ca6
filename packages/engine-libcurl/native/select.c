#include "select.h"

#include <stdlib.h>

#include "args.h"
#include "multi.h"

/* In JavaScript a struct curl_waitfd is three integers of an Int32Array: fd, events, revents. */
enum { WAITFD_INTS = 3 };

static int32_t *integers(curlew_env *env, napi_value array, unsigned *waitfds) {
  int32_t *data = NULL;
  size_t length = 0;
  napi_get_typedarray_info(env->napi, array, NULL, &length, (void **)&data, NULL, NULL);
  *waitfds = (unsigned)(length / WAITFD_INTS);
  return data;
}

static void give_back(const struct curl_waitfd *from, unsigned count, int32_t *to) {
  for (unsigned i = 0; i < count; i++, to += WAITFD_INTS) {
    to[0] = from[i].fd;
    to[1] = from[i].events;
    to[2] = from[i].revents;
  }
}

static napi_value members(curlew_env *env, fd_set *set, int most) {
  napi_value out;
  uint32_t at = 0;
  if (napi_create_array(env->napi, &out) != napi_ok) return NULL;
  for (int fd = 0; fd <= most; fd++)
    if (FD_ISSET(fd, set)) napi_set_element(env->napi, out, at++, number(env, fd));
  return out;
}

/* multiFdset(id): [highest or -1, descriptors to read, to write, with exceptions], or a CURLMcode. */
static napi_value fdset(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, CURLM_BAD_HANDLE);
  fd_set sets[3];
  int most = -1;
  for (int i = 0; i < 3; i++) FD_ZERO(&sets[i]);
  int code = m->lib->multi_fdset(m->curl, &sets[0], &sets[1], &sets[2], &most);
  if (code != 0) return number(env, code);
  napi_value out;
  if (napi_create_array(napi, &out) != napi_ok) return NULL;
  napi_set_element(napi, out, 0, number(env, most));
  for (uint32_t i = 0; i < 3; i++) napi_set_element(napi, out, i + 1, members(env, &sets[i], most));
  return out;
}

/* multiWaitfds(id, out): how many there are, or at most will be when `out` is empty; FAILED - CURLMcode. */
static napi_value waitfds(napi_env napi, napi_callback_info info) {
  ARGUMENTS(2);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL || m->lib->multi_waitfds == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  unsigned size = 0, count = 0;
  int32_t *out = integers(env, argv[1], &size);
  struct curl_waitfd *fds = size == 0 ? NULL : calloc(size, sizeof *fds);
  if (size > 0 && fds == NULL) return number(env, FAILED - CURLM_OUT_OF_MEMORY);
  int code = m->lib->multi_waitfds(m->curl, fds, size, &count);
  if (code == 0) give_back(fds, count < size ? count : size, out);
  free(fds);
  return number(env, code == 0 ? (double)count : FAILED - code);
}

/* multiWait(id, extra, ms, poll): how many descriptors are ready, or FAILED - CURLMcode; `extra` receives what is of its
 * own. JavaScript stands still meanwhile. */
static napi_value wait_for(napi_env napi, napi_callback_info info) {
  ARGUMENTS(4);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  if (m == NULL) return number(env, FAILED - CURLM_BAD_HANDLE);
  unsigned size = 0;
  int ready = 0;
  int32_t *extra = integers(env, argv[1], &size);
  struct curl_waitfd *fds = size == 0 ? NULL : calloc(size, sizeof *fds);
  if (size > 0 && fds == NULL) return number(env, FAILED - CURLM_OUT_OF_MEMORY);
  for (unsigned i = 0; i < size; i++) {
    fds[i].fd = extra[i * WAITFD_INTS];
    fds[i].events = (short)extra[i * WAITFD_INTS + 1];
  }
  int (*wait)(CURLM *, struct curl_waitfd *, unsigned, int, int *) =
      boolean(env, argv[3]) ? m->lib->multi_poll : m->lib->multi_wait;
  int code = wait(m->curl, fds, size, integer(env, argv[2]), &ready);
  if (code == 0) give_back(fds, size, extra);
  free(fds);
  return number(env, code == 0 ? ready : FAILED - code);
}

static napi_value wakeup(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  multi *m = env_find(env, MULTI, integer(env, argv[0]));
  return number(env, m == NULL ? CURLM_BAD_HANDLE : m->lib->multi_wakeup(m->curl));
}

napi_value select_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "multiFdset", fdset);
  export_function(env, exports, "multiWaitfds", waitfds);
  export_function(env, exports, "multiWait", wait_for);
  export_function(env, exports, "multiWakeup", wakeup);
  return exports;
}
