/* The adapter's C without a runtime, for sanitizers: a writer's thread, the adapter's thread, and this one as JavaScript's.
 * Exits with 0 and one line, or says what was wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../native/attachment.h"
#include "harness.h"

#define CHECK(condition)                                           \
  do {                                                             \
    if (!(condition)) {                                            \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition);      \
      exit(1);                                                     \
    }                                                              \
  } while (0)

enum { ROUNDS = 300, WRITES = 100 };

static char anything;
#define ENV ((napi_env) & anything)

static attachment *current;
static int told, events_seen, timers_seen;

/* What module.c does, with the turn that TypeScript takes. */
void attachment_tell(napi_env env, napi_value listener) {
  (void)env, (void)listener;
  bool expired = false;
  int count = attachment_ready(current, &expired);
  told++;
  for (int i = 0; i < count; i++) {
    uint64_t value;
    CHECK(read(current->events[i * 2], &value, sizeof value) == sizeof value);
    events_seen += (int)value;
  }
  if (expired) {
    timers_seen++;
    epoll_set_timer(&current->set, -1);
  }
  attachment_wait(current);
}

static attachment *open_one(void) {
  int error = 0;
  attachment *a = attachment_open(ENV, NULL, NULL, &error);
  CHECK(a != NULL && error == 0);
  return current = a;
}

static void *write_to(void *data) {
  const uint64_t one = 1;
  for (int i = 0; i < WRITES; i++) CHECK(write(*(int *)data, &one, sizeof one) == sizeof one);
  return NULL;
}

/* Everything another thread writes is seen, and never is more than one call queued. */
static void events_arrive(void) {
  pthread_t writer;
  attachment *a = open_one();
  napi_threadsafe_function function = a->function;
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(epoll_set_watch(&a->set, fd, SEEN_IN) == 0);
  events_seen = 0;
  CHECK(pthread_create(&writer, NULL, write_to, &fd) == 0);
  while (events_seen < WRITES) {
    queue_wait(function);
    CHECK(queue_length(function) == 1);
    CHECK(queue_empty(ENV, function) >= 1);
  }
  pthread_join(writer, NULL);
  epoll_set_unwatch(&a->set, fd);
  epoll_set_timer(&a->set, 1000);
  for (int before = timers_seen; timers_seen == before; queue_empty(ENV, function)) queue_wait(function);
  attachment_close(a);
  queue_empty(ENV, function);
  queue_free(function);
  close(fd);
}

/* A turn by setImmediate, which no call has led to: one call is queued already, and closing gives the thread the time for
 * another. */
static void one_call_at_most(void) {
  attachment *a = open_one();
  napi_threadsafe_function function = a->function;
  int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(epoll_set_watch(&a->set, fd, SEEN_IN) == 0);
  queue_wait(function);
  CHECK(attachment_wait(a) == 0);
  attachment_close(a);
  CHECK(queue_length(function) == 1);
  queue_empty(ENV, function);
  queue_free(function);
  close(fd);
}

/* Where a call can be queued and wake nobody, it is made again until it is heard; and then no more, and it is one turn. */
static void heard_at_last(int lost) {
  attachment *a = open_one();
  napi_threadsafe_function function = a->function;
  int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), before = told;
  lose_wakes(lost);
  CHECK(epoll_set_watch(&a->set, fd, SEEN_IN) == 0);
  queue_wait(function);
  CHECK(queue_empty(ENV, function) > lost && told == before + 1);
  usleep(150000); /* it would have been made again by then */
  CHECK(queue_length(function) == 0);
  attachment_close(a);
  queue_free(function);
  close(fd);
}

/* The thread is told that nobody listens any more: it ends, and what it held of the attachment is given back. */
static void nobody_listens(int round) {
  answer_calls(napi_closing);
  attachment *a = open_one();
  answer_calls(napi_ok);
  napi_threadsafe_function function = a->function;
  epoll_set_timer(&a->set, 0);
  wait_for_refused_call(function);
  if (round % 2 == 0) attachment_close(a);
  else end_environment();
  CHECK(queue_length(function) == 0);
  queue_free(function);
}

/* Nor does it listen to what is called again: the thread asks no more. */
static void nobody_listens_any_more(void) {
  attachment *a = open_one();
  napi_threadsafe_function function = a->function;
  lose_wakes(1);
  epoll_set_timer(&a->set, 0);
  while (queue_length(function) == 0) usleep(100);
  answer_calls_of(function, napi_closing);
  wait_for_refused_call(function);
  usleep(1200000); /* it would have been made again by then */
  CHECK(refused_calls(function) == 1);
  attachment_close(a);
  queue_empty(ENV, function);
  queue_free(function);
}

/* Ended at any moment: before the thread ran, while it calls, with a call queued, by close or by the environment. */
static void ends(int round) {
  attachment *a = open_one();
  napi_threadsafe_function function = a->function;
  int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(epoll_set_watch(&a->set, fd, SEEN_IN) == 0);
  if (round % 3 == 1) queue_wait(function);
  if (round % 3 == 2) usleep((unsigned)(round % 50));
  if (round % 2 == 0) attachment_close(a);
  else end_environment();
  int before = told;
  queue_empty(round % 4 < 2 ? NULL : ENV, function); /* NULL: as an environment that has ended */
  CHECK(told == before);
  queue_free(function);
  close(fd);
}

/* The lowest number that is free: the same before and after, where nothing leaks. */
static int lowest_free(void) {
  int fd = dup(STDIN_FILENO);
  close(fd);
  return fd;
}

/* Whatever cannot be had: an error that says so, and nothing is left. add: one of the registrations, of which the timer's is
 * tried before there is a function; or, beyond those, the thread. */
static void cannot_open(int add, int adds) {
  const int wanted = add <= adds ? ENOSPC : EAGAIN;
  int error = 0, before = lowest_free();
  last_released = NULL;
  if (add <= adds) refuse_add(add, wanted);
  else refuse_thread(wanted);
  CHECK(attachment_open(ENV, NULL, NULL, &error) == NULL && error == -wanted && refusals_left() == 0);
  CHECK(lowest_free() == before);
  CHECK((last_released != NULL) == (add > 1));
  if (last_released != NULL) queue_free(last_released);
}

/* An attachment with a ghost in it, and beside it another descriptor, which `other` is set to. */
static attachment *haunted(int *other) {
  bool expired = false;
  attachment *a = open_one();
  int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), kept = dup(fd);
  *other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(epoll_set_watch(&a->set, fd, SEEN_IN) == 0 && epoll_set_watch(&a->set, *other, SEEN_IN) == 0);
  close(fd);
  epoll_set_unwatch(&a->set, fd);
  queue_wait(a->function);
  queue_empty(NULL, a->function); /* the thread's call is over; its turn is taken here */
  CHECK(attachment_ready(a, &expired) == 0 && a->set.haunted);
  close(kept); /* it has done its work */
  return a;
}

/* A set that cannot be made anew is no set, and says so each time. add: the timer, the descriptor, the set in the thread's. */
static void cannot_wait(int add, int error) {
  int other, before = lowest_free();
  attachment *a = haunted(&other);
  if (add == 0) refuse_create(error);
  else refuse_add(add, error);
  CHECK(attachment_wait(a) == -error && refusals_left() == 0);
  napi_threadsafe_function function = a->function;
  attachment_close(a);
  queue_empty(ENV, function);
  queue_free(function);
  close(other);
  CHECK(lowest_free() == before);
}

/* Besides the timer's, the stop's, and the set's in the thread's, there is one of the time after a call. */
static void where_calls_are_lost(void) {
  be_runtime("Deno");
  for (int add = 1; add <= 5; add++) cannot_open(add, 4);
  for (int lost = 0; lost < 3; lost++) heard_at_last(lost);
  nobody_listens_any_more();
  for (int round = 0; round < ROUNDS; round++) ends(round);
}

int main(void) {
  alarm(120); /* what waits for ever, fails */
  for (int add = 1; add <= 4; add++) cannot_open(add, 3);
  cannot_wait(0, EMFILE);
  for (int add = 1; add <= 3; add++) cannot_wait(add, add == 2 ? ENOMEM : ENOSPC);
  for (int round = 0; round < ROUNDS / 10; round++) events_arrive();
  one_call_at_most();
  for (int round = 0; round < 2; round++) nobody_listens(round);
  for (int round = 0; round < ROUNDS; round++) ends(round);
  where_calls_are_lost();
  printf("%d calls\n", told);
  return 0;
}
