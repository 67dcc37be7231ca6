/* Circular lists whose links lie in the listed things, as libuv's own. An item that is on no list is linked to itself. */
#ifndef CURLEW_LIST_H
#define CURLEW_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct list {
  struct list *next, *previous;
} list;

#define LIST_ITEM(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

static inline void list_init(list *l) { l->next = l->previous = l; }

static inline bool list_empty(const list *l) { return l->next == l; }

static inline void list_remove(list *link) {
  link->next->previous = link->previous;
  link->previous->next = link->next;
  list_init(link);
}

/* Appends; one that is on the list already keeps its place. */
static inline void list_append(list *l, list *link) {
  if (!list_empty(link)) return;
  link->previous = l->previous;
  link->next = l;
  l->previous->next = link;
  l->previous = link;
}

#endif
