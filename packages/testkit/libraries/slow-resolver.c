/* A getaddrinfo that stands before the system's for the libcurl that this library depends on. The name asked for says what
 * it does:
 *   never.slow-resolver.test    does not answer
 *   250.slow-resolver.test      answers 127.0.0.1 after 250 ms
 * Every other name passes through. The whole is in the name, so that one process can have all of it at the same time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static const char domain[] = ".slow-resolver.test";

static void wait_ms(long ms) {
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0) continue;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  resolver *next = (resolver *)dlsym(RTLD_NEXT, "getaddrinfo");
  const char *dot = node == NULL ? NULL : strchr(node, '.');
  if (dot == NULL || strcmp(dot, domain) != 0) return next(node, service, hints, found);
  while (strncmp(node, "never.", 6) == 0) pause();
  wait_ms(atol(node));
  return next("127.0.0.1", service, hints, found);
}
