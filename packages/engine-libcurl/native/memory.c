/* What V8 and the C library do by themselves about memory that comes and goes is late in one case and early in the other. */
#include <stdlib.h>

#include "args.h"
#include "gather.h"
#include "lib.h"

enum { KEPT_BLOCK_BYTES = 16 * 1024 * 1024 };

/* What is free at the top of its heap glibc gives back when that is more than 128 KiB, or twice the largest block that was
 * mapped and freed so far: after each garbage collection with bodies of 1 MiB, and after each transfer where libcurl takes
 * buffers for it (to 8.6); and all of it comes back as page faults. Who frees 16 MiB once has 32 MiB kept; who has set a
 * threshold (mallopt(3), MALLOC_TRIM_THRESHOLD_) keeps that. */
void keep_freed_memory(void) {
  void *volatile block = malloc(KEPT_BLOCK_BYTES); /* volatile: or the compiler leaves out both calls */
  free(block);
}

/* hurry(bytes), after large pieces: V8 looks for garbage once 64 MiB of buffers came since it looked last, and is late by some
 * MiB more. Who streams has nothing but garbage in them: as if there were so many more for a moment, it looks that much earlier. */
static napi_value hurry(napi_env napi, napi_callback_info info) {
  ARGUMENTS(1);
  int64_t bytes = wide(env, argv[0]), total;
  napi_adjust_external_memory(napi, bytes, &total);
  napi_adjust_external_memory(napi, -bytes, &total);
  return NULL;
}

napi_value memory_register(curlew_env *env, napi_value exports) {
  export_function(env, exports, "hurry", hurry);
  return exports;
}
