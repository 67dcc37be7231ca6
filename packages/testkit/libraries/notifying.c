/* What libcurl 8.17 brought, for an older one that this library depends on: notifications. Only as much as the binding's
 * tests need: at the end of a curl_multi_socket_action in which transfers have ended, CURLMNOTIFY_EASY_DONE for each of
 * them, then CURLMNOTIFY_INFO_READ. 8.23.0 was seen to tell the same, in this order. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CURLMOPT_NOTIFYFUNCTION = 20018, CURLMOPT_NOTIFYDATA = 10019, CURLM_UNKNOWN_OPTION = 6, MOST = 64 };
enum { INFO_READ, EASY_DONE, TYPES };

typedef struct message { /* CURLMsg */
  int msg;
  void *easy;
  void *data;
} message;

static struct notifying {
  void *multi;
  void (*notify)(void *multi, unsigned type, void *easy, void *userp);
  void *data;
  int enabled[TYPES];
  /* libcurl's, as far as nobody has asked for them: who has ended is known from them only. */
  message messages[MOST], read;
  int unread;
} multis[MOST];

#define NEXT(type, name, parameters) type(*next) parameters = (type(*) parameters)dlsym(RTLD_NEXT, name)

static struct notifying *find(void *multi) {
  struct notifying *m = multis;
  while (m->multi != NULL && m->multi != multi)
    if (++m == multis + MOST) abort();
  m->multi = multi;
  return m;
}

int curl_multi_setopt(void *multi, int option, ...) {
  NEXT(int, "curl_multi_setopt", (void *, int, ...));
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
  if (type >= TYPES) return CURLM_UNKNOWN_OPTION;
  find(multi)->enabled[type] = on;
  return 0;
}

int curl_multi_notify_enable(void *multi, unsigned type) { return set(multi, type, 1); }
int curl_multi_notify_disable(void *multi, unsigned type) { return set(multi, type, 0); }

static void drop(struct notifying *m, int at) {
  memmove(&m->messages[at], &m->messages[at + 1], (size_t)(--m->unread - at) * sizeof m->messages[0]);
}

message *curl_multi_info_read(void *multi, int *queued) {
  struct notifying *m = find(multi);
  *queued = m->unread > 0 ? m->unread - 1 : 0;
  if (m->unread == 0) return NULL;
  m->read = m->messages[0];
  drop(m, 0);
  return &m->read;
}

int curl_multi_remove_handle(void *multi, void *easy) {
  NEXT(int, "curl_multi_remove_handle", (void *, void *));
  struct notifying *m = find(multi);
  int code = next(multi, easy);
  for (int i = m->unread - 1; code == 0 && i >= 0; i--)
    if (m->messages[i].easy == easy) drop(m, i);
  return code;
}

static void take(struct notifying *m, const message *given) {
  if (m->unread == MOST) abort();
  m->messages[m->unread++] = *given;
}

int curl_multi_socket_action(void *multi, int fd, int bits, int *running) {
  NEXT(int, "curl_multi_socket_action", (void *, int, int, int *));
  message *(*next_message)(void *, int *) = (message * (*)(void *, int *)) dlsym(RTLD_NEXT, "curl_multi_info_read");
  struct notifying *m = find(multi);
  int code = next(multi, fd, bits, running);
  void *ended[MOST];
  int count = 0, queued;
  for (message *given; (given = next_message(multi, &queued)) != NULL; ended[count++] = given->easy) take(m, given);
  if (code != 0 || m->notify == NULL) return code;
  for (int i = 0; i < count && m->enabled[EASY_DONE]; i++) m->notify(multi, EASY_DONE, ended[i], m->data);
  if (count > 0 && m->enabled[INFO_READ]) m->notify(multi, INFO_READ, NULL, m->data);
  return code;
}
