/* What the kernels use of <stdlib.h>; see ../libc.c. */
#ifndef CHUVIET_WEB_STDLIB_H
#define CHUVIET_WEB_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);
void qsort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));

#endif
