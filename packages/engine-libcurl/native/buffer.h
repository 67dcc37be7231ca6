/* Bytes that arrive at the end and leave at the front. */
#ifndef CURLEW_BUFFER_H
#define CURLEW_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  unsigned char *data;
  size_t start, end, capacity;
  bool lent; /* the memory is somebody else's, and not ours to move or free */
} buffer;

static inline size_t buffer_size(const buffer *b) { return b->end - b->start; }
static inline const unsigned char *buffer_front(const buffer *b) { return b->data + b->start; }

/* Allocates for that many bytes in all. */
bool buffer_reserve(buffer *b, size_t size);
/* Goes on in that memory, which must hold what there is. When more comes than fits, it moves into its own again. */
void buffer_lend(buffer *b, unsigned char *data, size_t size);
bool buffer_append(buffer *b, const void *data, size_t size);
void buffer_drop(buffer *b, size_t size);
void buffer_free(buffer *b);

#endif
