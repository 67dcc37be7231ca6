#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "easy.h"
#include "multi.h"

/* A stream socket begins as CONNECTING. Once it is told with IN it has connected: from then on libcurl closes it through
 * close_socket and not otherwise. While connecting, 7.88.0 to 8.1.2 close it behind our back (C 2.8), and the number may
 * come back as a socket of the resolver: the inode tells. */
typedef enum { FOREIGN, CONNECTING, CONNECTED } socket_state;

struct own_sockets {
  int size;
  struct own_socket {
    ino_t inode;
    socket_state state;
    int told; /* the interest that stands */
  } by_fd[];
};

static struct own_socket *find(multi *m, int fd) {
  if (m->sockets == NULL || fd < 0 || fd >= m->sockets->size) return NULL;
  return &m->sockets->by_fd[fd];
}

static ino_t inode_of(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* When memory is out the socket stays foreign: then its watcher is dropped a little earlier than it need be. */
static void own(multi *m, int fd) {
  int size = m->sockets == NULL ? 0 : m->sockets->size;
  if (fd >= size) {
    int wanted = fd * 2 + 16;
    struct own_sockets *grown = realloc(m->sockets, sizeof *grown + (size_t)wanted * sizeof grown->by_fd[0]);
    if (grown == NULL) return;
    memset(&grown->by_fd[size], 0, (size_t)(wanted - size) * sizeof grown->by_fd[0]);
    grown->size = wanted;
    m->sockets = grown;
  }
  m->sockets->by_fd[fd] = (struct own_socket){.inode = inode_of(fd), .state = CONNECTING};
}

static int shared_at(const multi *m, int fd) {
  int i = 0;
  while (i < m->shared_count && m->shared[i] != fd) i++;
  return i;
}

static void share(multi *m, int fd) {
  enum { MOST = sizeof m->shared / sizeof m->shared[0] };
  if (m->shared_count < MOST && shared_at(m, fd) == m->shared_count) m->shared[m->shared_count++] = fd;
}

static void unshare(multi *m, int fd) {
  int i = shared_at(m, fd);
  if (i < m->shared_count) m->shared[i] = m->shared[--m->shared_count];
}

static void disown(multi *m, int fd) {
  struct own_socket *known = find(m, fd);
  if (known != NULL) known->state = FOREIGN;
  unshare(m, fd);
}

/* libcurl writes each request of an HTTP/2 connection by itself: fifty that begin at once are fifty segments, which is a third
 * of what they cost (7.88.1). Corked meanwhile, they leave in one when the call is over. */
static void cork(multi *m, int on) {
  for (int i = 0; i < m->shared_count; i++) setsockopt(m->shared[i], IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

void sockets_hold_writes(multi *m) { cork(m, 1); }

void sockets_let_go(multi *m) { cork(m, 0); }

static void tell(multi *m, hook which, int fd) {
  if (m->tells_sockets) call_hook(m->env, which, (double[]){m->id, fd}, 2, 0);
}

static int open_socket(void *userp, int purpose, struct curl_sockaddr *address) {
  multi *m = userp;
  (void)purpose;
  /* Without close-on-exec every child process would inherit the connection. */
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0 || m == NULL) return fd;
  disown(m, fd);
  /* From 8.19 on libcurl puts flags of its own beside the type. */
  if ((address->socktype & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == SOCK_STREAM) own(m, fd);
  tell(m, HOOK_OPENED, fd);
  return fd;
}

static int close_socket(void *userp, int fd) {
  multi *m = userp;
  if (m != NULL) {
    disown(m, fd);
    tell(m, HOOK_CLOSING, fd);
  }
  return close(fd);
}

void sockets_apply(easy *e) {
  const lib *c = e->lib;
  c->easy_setopt(e->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  c->easy_setopt(e->curl, CURLOPT_OPENSOCKETDATA, e->multi);
  c->easy_setopt(e->curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  c->easy_setopt(e->curl, CURLOPT_CLOSESOCKETDATA, e->multi);
}

/* Answers whether it was missing. */
static bool close_on_exec(int fd) {
  int flags = fcntl(fd, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0) return false;
  fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
  return true;
}

/* One end of a socket pair that this process has made itself: the peer of an inherited one is another process. */
static bool paired_here(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getpid();
}

/* Up to 8.4 the socket pairs of the resolver and of curl_multi_wakeup are made without it. The resolver tells one end;
 * the other got the next number that was free. */
static void close_pair_on_exec(int fd) {
  enum { MOST = 64 };
  if (!close_on_exec(fd) || !paired_here(fd)) return;
  for (int other = fd + 1; other <= fd + MOST; other++)
    if (paired_here(other) && close_on_exec(other)) return;
}

bool sockets_told(multi *m, int fd, int what) {
  struct own_socket *known = find(m, fd);
  if (known != NULL && known->state == CONNECTING) {
    if (inode_of(fd) != known->inode) {
      known->state = FOREIGN;
      if (what != CURL_POLL_REMOVE) tell(m, HOOK_OPENED, fd);
    } else if (what != CURL_POLL_REMOVE && (what & CURL_POLL_IN) != 0) {
      known->state = CONNECTED;
    }
  }
  /* Told again with nothing new: one more transfer has the connection (C 2.4). */
  if (known != NULL && known->state == CONNECTED && what != CURL_POLL_REMOVE && known->told == what) share(m, fd);
  if (known != NULL) known->told = what;
  bool ours = known != NULL && known->state != FOREIGN;
  if (!ours && what != CURL_POLL_REMOVE) close_pair_on_exec(fd);
  return ours && known->state == CONNECTED;
}

void sockets_free(multi *m) {
  free(m->sockets);
  m->sockets = NULL;
}

/* New descriptors take the lowest free numbers: these are the ones. */
void sockets_lowest_free(int numbers[FEW]) {
  for (int i = 0; i < FEW; i++) numbers[i] = open("/", O_RDONLY | O_CLOEXEC);
  for (int i = 0; i < FEW; i++)
    if (numbers[i] >= 0) close(numbers[i]);
}

/* Only sockets and pipes are touched: a number may have gone to another thread's file meanwhile. */
void sockets_close_on_exec(const int numbers[FEW]) {
  struct stat status;
  for (int i = 0; i < FEW; i++)
    if (numbers[i] >= 0 && fstat(numbers[i], &status) == 0 && (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode)))
      close_on_exec(numbers[i]);
}
