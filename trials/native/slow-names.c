/* A libcurl whose names take long: loaded instead of one, it has that one as its dependency and answers its getaddrinfo.
 * Names that end in .slow.test are looked up for SLOW_S seconds and not found; all others are the system's business. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#define SLOW_S 3

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
  static const char slow[] = ".slow.test";
  const size_t length = node ? strlen(node) : 0;
  if(length > sizeof(slow) - 1 && !strcmp(node + length - (sizeof(slow) - 1), slow)) {
    sleep(SLOW_S);
    return EAI_NONAME;
  }
  lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
  return real ? real(node, service, hints, found) : EAI_SYSTEM;
}
