#include "buffer.h"

#include <stdlib.h>
#include <string.h>

/* What is kept allocated while empty. */
enum { KEPT_BYTES = 64 * 1024, FIRST_BYTES = 1024 };

bool buffer_reserve(buffer *b, size_t size) {
  if (size <= b->capacity) return true;
  unsigned char *moved = realloc(b->lent ? NULL : b->data, size);
  if (moved == NULL) return false;
  if (b->lent) memcpy(moved, b->data, b->end);
  b->data = moved;
  b->lent = false;
  b->capacity = size;
  return true;
}

void buffer_lend(buffer *b, unsigned char *data, size_t size) {
  size_t held = buffer_size(b);
  if (held > 0) memcpy(data, buffer_front(b), held);
  buffer_free(b);
  *b = (buffer){.data = data, .end = held, .capacity = size, .lent = true};
}

bool buffer_append(buffer *b, const void *data, size_t size) {
  size_t held = buffer_size(b);
  if (size > b->capacity - b->end) {
    if (held > 0 && b->start > 0) memmove(b->data, b->data + b->start, held);
    b->start = 0;
    b->end = held;
  }
  if (size > b->capacity - b->end) {
    size_t capacity = b->capacity == 0 ? FIRST_BYTES : b->capacity;
    while (capacity < held + size) capacity *= 2;
    if (!buffer_reserve(b, capacity)) return false;
  }
  if (size > 0) memcpy(b->data + b->end, data, size);
  b->end += size;
  return true;
}

void buffer_drop(buffer *b, size_t size) {
  b->start += size;
  if (b->start < b->end) return;
  b->start = b->end = 0;
  if (b->lent || b->capacity > KEPT_BYTES) buffer_free(b);
}

void buffer_free(buffer *b) {
  if (!b->lent) free(b->data);
  *b = (buffer){0};
}
