#define _GNU_SOURCE
#include "epoll_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* In place of descriptor and generation. */
static const uint64_t TIMER = UINT64_MAX;

enum { AT_ONCE = 512 };

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  return epoll_ctl(epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

/* Level-triggered: libcurl may leave bytes unread and is not told again (P D4). */
static int control_fd(const epoll_set *set, int operation, int fd, registration r) {
  uint32_t events = (r.interest & SEEN_IN ? EPOLLIN : 0) | (r.interest & SEEN_OUT ? EPOLLOUT : 0);
  return control(set->epoll, operation, fd, events, (uint64_t)r.generation << 32 | (uint32_t)fd);
}

/* An epoll descriptor with the timer in it, or -errno. */
static int create(int timer) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return -errno;
  int error = control(epoll, EPOLL_CTL_ADD, timer, EPOLLIN, TIMER);
  if (error == 0) return epoll;
  close(epoll);
  return error;
}

int epoll_set_open(epoll_set *set) {
  *set = (epoll_set){.epoll = -1, .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (set->timer < 0) return -errno;
  set->epoll = create(set->timer);
  if (set->epoll >= 0) return 0;
  close(set->timer);
  return set->epoll;
}

void epoll_set_close(epoll_set *set) {
  if (set->epoll >= 0) close(set->epoll);
  close(set->timer);
  free(set->by_fd);
  set->by_fd = NULL;
  set->size = 0;
}

static bool registered(const epoll_set *set, int fd) {
  return fd >= 0 && fd < set->size && set->by_fd[fd].interest != 0;
}

static bool make_room(epoll_set *set, int fd) {
  if (fd < set->size) return true;
  int size = fd * 2 + 16;
  registration *grown = realloc(set->by_fd, (size_t)size * sizeof *grown);
  if (grown == NULL) return false;
  memset(grown + set->size, 0, (size_t)(size - set->size) * sizeof *grown);
  set->by_fd = grown;
  set->size = size;
  return true;
}

/* The table may be wrong about the kernel: a number can be closed unseen, and is then another object's (MOD: ENOENT), or
 * lead back to one that a duplicate has kept (ADD: EEXIST). Then the other verb is right (P A1). */
static int add_or_modify(epoll_set *set, int fd, registration *r) {
  bool known = registered(set, fd);
  r->generation = known ? set->by_fd[fd].generation : ++set->generation;
  int error = control_fd(set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, *r);
  if (error != (known ? -ENOENT : -EEXIST)) return error;
  r->generation = ++set->generation;
  return control_fd(set, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, *r);
}

/* EBADF, ENOENT and EPERM say that it is closed, or another file's by now: forgotten is forgotten (P A2). An empty mask would
 * be no way to do this: errors and hang-ups would go on being reported (P A11). */
static void forget(epoll_set *set, int fd) {
  if (registered(set, fd)) set->by_fd[fd].interest = 0;
  control(set->epoll, EPOLL_CTL_DEL, fd, 0, 0);
}

int epoll_set_watch(epoll_set *set, int fd, int interest) {
  registration r = {.interest = (uint8_t)interest};
  int error = add_or_modify(set, fd, &r);
  /* Room is made for numbers that epoll has taken only: they are small. */
  if (error == 0 && !make_room(set, fd)) error = -ENOMEM;
  if (error == 0) set->by_fd[fd] = r;
  else forget(set, fd);
  return error;
}

void epoll_set_unwatch(epoll_set *set, int fd) {
  if (registered(set, fd)) forget(set, fd);
}

void epoll_set_timer(const epoll_set *set, int64_t delay_ns) {
  struct itimerspec when = {0};
  if (delay_ns == 0) delay_ns = 1; /* nothing but zeros would disarm it */
  if (delay_ns > 0) {
    when.it_value.tv_sec = delay_ns / 1000000000;
    when.it_value.tv_nsec = delay_ns % 1000000000;
  }
  timerfd_settime(set->timer, 0, &when, NULL);
}

static int bits_of(uint32_t events) {
  return (events & EPOLLIN ? SEEN_IN : 0) | (events & EPOLLOUT ? SEEN_OUT : 0) |
         (events & (EPOLLERR | EPOLLHUP) ? SEEN_ERR : 0);
}

int epoll_set_ready(epoll_set *set, int32_t *events, int room, bool *expired) {
  struct epoll_event found[AT_ONCE];
  int count = epoll_wait(set->epoll, found, room < AT_ONCE ? room : AT_ONCE, 0), told = 0;
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    uint64_t data = found[i].data.u64;
    int fd = (int)(uint32_t)data;
    if (data == TIMER) {
      *expired = true;
    } else if (!registered(set, fd) || set->by_fd[fd].generation != data >> 32) {
      set->haunted = true;
    } else {
      events[told * 2] = fd;
      events[told * 2 + 1] = bits_of(found[i].events);
      told++;
    }
  }
  return told;
}

/* epoll knows a registration by the number and the open file it led to, so asking for the interest it has already tells
 * whether it stands. It does not when the number was closed unseen; then it may be an unrelated file's by now. */
static void forget_closed(epoll_set *set) {
  for (int fd = 0; fd < set->size; fd++)
    if (registered(set, fd) && control_fd(set, EPOLL_CTL_MOD, fd, set->by_fd[fd]) != 0) set->by_fd[fd].interest = 0;
}

/* A descriptor that was closed while a duplicate lives, in a child perhaps, stays in the epoll set, and there is no number
 * to remove it by: it would be reported for ever (P A10). The old set goes first: its number is free then, where a process
 * may have no more of them. */
int epoll_set_exorcise(epoll_set *set) {
  if (!set->haunted) return 0;
  forget_closed(set);
  close(set->epoll);
  set->epoll = create(set->timer);
  if (set->epoll < 0) return set->epoll;
  set->haunted = false;
  int error = 0;
  for (int fd = 0; fd < set->size && error == 0; fd++)
    if (registered(set, fd)) error = control_fd(set, EPOLL_CTL_ADD, fd, set->by_fd[fd]);
  return error;
}
