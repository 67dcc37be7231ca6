/* What libcurl 8.17 brought, for an older one that this library depends on: notifications. Only as much as the binding's
 * tests need: CURLMNOTIFY_INFO_READ, at the end of curl_multi_socket_action when a transfer has ended. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

enum { CURLMOPT_NOTIFYFUNCTION = 20018, CURLMOPT_NOTIFYDATA = 10019, CURLM_UNKNOWN_OPTION = 6, INFO_READ = 0, MOST = 64 };

static struct notifying {
  void *multi;
  void (*notify)(void *multi, unsigned type, void *easy, void *userp);
  void *data;
  int enabled, unfinished;
} multis[MOST];

static struct notifying *find(void *multi) {
  struct notifying *m = multis;
  while (m->multi != NULL && m->multi != multi)
    if (++m == multis + MOST) abort();
  m->multi = multi;
  return m;
}

int curl_multi_setopt(void *multi, int option, ...) {
  int (*next)(void *, int, ...) = (int (*)(void *, int, ...))dlsym(RTLD_NEXT, "curl_multi_setopt");
  va_list arguments;
  va_start(arguments, option);
  void *value = va_arg(arguments, void *); /* a long is as wide */
  va_end(arguments);
  if (option == CURLMOPT_NOTIFYFUNCTION) find(multi)->notify = (void (*)(void *, unsigned, void *, void *))value;
  else if (option == CURLMOPT_NOTIFYDATA) find(multi)->data = value;
  else return next(multi, option, value);
  return 0;
}

static int set(void *multi, unsigned type, int on) {
  if (type > 1) return CURLM_UNKNOWN_OPTION;
  if (type == INFO_READ) find(multi)->enabled = on;
  return 0;
}

int curl_multi_notify_enable(void *multi, unsigned type) { return set(multi, type, 1); }
int curl_multi_notify_disable(void *multi, unsigned type) { return set(multi, type, 0); }

int curl_multi_add_handle(void *multi, void *easy) {
  int (*next)(void *, void *) = (int (*)(void *, void *))dlsym(RTLD_NEXT, "curl_multi_add_handle");
  int code = next(multi, easy);
  if (code == 0) find(multi)->unfinished++;
  return code;
}

int curl_multi_socket_action(void *multi, int fd, int bits, int *running) {
  int (*next)(void *, int, int, int *) = (int (*)(void *, int, int, int *))dlsym(RTLD_NEXT, "curl_multi_socket_action");
  struct notifying *m = find(multi);
  int code = next(multi, fd, bits, running);
  int ended = *running < m->unfinished;
  m->unfinished = *running;
  if (code == 0 && ended && m->enabled && m->notify != NULL) m->notify(multi, INFO_READ, NULL, m->data);
  return code;
}
