/* Sockets that libcurl opens and closes through us: which descriptors are such, and what that allows. */
#ifndef CURLEW_SOCKETS_H
#define CURLEW_SOCKETS_H

#include <stdbool.h>

struct easy;
struct multi;

/* CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION. A connection keeps the close callback and its data from the
 * easy that opened it, and may outlive that easy (P A5): the data is the multi, whose pool the connection is in. */
void sockets_apply(struct easy *e);

/* Called first thing when libcurl tells an action on a descriptor. Answers whether its close will be announced. */
bool sockets_told(struct multi *m, int fd, int what);

/* Before and after new transfers begin: what they write on a connection that they share leaves together. */
void sockets_hold_writes(struct multi *m);
void sockets_let_go(struct multi *m);

void sockets_free(struct multi *m);

/* Close-on-exec for the few descriptors a libcurl call makes without asking or announcing: run it between the two. */
enum { FEW = 4 };
void sockets_lowest_free(int numbers[FEW]);
void sockets_close_on_exec(const int numbers[FEW]);

#endif
