/* One epoll descriptor: what is registered in it, and a timerfd among that. No thread, no JavaScript. */
#ifndef CURLEW_EPOLL_SET_H
#define CURLEW_EPOLL_SET_H

#include <stdbool.h>
#include <stdint.h>

/* Events as JavaScript gets them: the bits of CURL_CSELECT. */
enum { SEEN_IN = 1, SEEN_OUT = 2, SEEN_ERR = 4 };

typedef struct {
  uint32_t generation; /* of the registration; an event that bears another one is of a socket that is gone */
  uint8_t interest;    /* SEEN_IN, SEEN_OUT; 0: not registered */
} registration;

typedef struct {
  int epoll, timer;
  registration *by_fd;
  int size;
  uint32_t generation;
  bool haunted; /* something reports that can be removed by no number: see epoll_set_exorcise */
} epoll_set;

/* 0, or -errno; then nothing is left open. */
int epoll_set_open(epoll_set *set);
void epoll_set_close(epoll_set *set);

/* Both: 0, or -errno; then the descriptor is not registered. */
int epoll_set_watch(epoll_set *set, int fd, int interest);
void epoll_set_unwatch(epoll_set *set, int fd);

/* One shot, that many nanoseconds from now; below 0: none. An expiry before it is forgotten. */
void epoll_set_timer(const epoll_set *set, int64_t delay_ns);

/* What is ready now: descriptor and bits, one after the other. Answers how many, or -errno; `expired` is only ever set. */
int epoll_set_ready(epoll_set *set, int32_t *events, int room, bool *expired);

/* Where it is haunted: a new epoll descriptor with the registrations that stand; the old one is closed. Nobody may be waiting
 * on it. 0, or -errno; then the set is of no use any more. */
int epoll_set_exorcise(epoll_set *set);

#endif
