/* The few functions of the C library that the kernels of src/chuviet/native need, for WebAssembly without an operating
 * system. Memory is taken from one end: what a call took is given back by the caller, all at once (`heap_reset`).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 65536u
#define HEADER 16u /* bytes before each block, which hold its size */

extern unsigned char __heap_base;
static uintptr_t top; /* the first free byte */

__attribute__((export_name("heap_mark"))) uintptr_t heap_mark(void)
{
    if (!top)
        top = ((uintptr_t)&__heap_base + HEADER - 1) / HEADER * HEADER;
    return top;
}

__attribute__((export_name("heap_reset"))) void heap_reset(uintptr_t mark) { top = mark; }

__attribute__((export_name("malloc"))) void *malloc(size_t size)
{
    uintptr_t start = heap_mark(), end, have = __builtin_wasm_memory_size(0) * PAGE;
    if (size > UINT32_MAX / 2)
        return 0;
    end = (start + HEADER + size + HEADER - 1) / HEADER * HEADER;
    if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1)
        return 0;
    *(size_t *)start = size;
    top = end;
    return (void *)(start + HEADER);
}

void *calloc(size_t count, size_t size)
{
    void *memory;
    if (size && count > UINT32_MAX / size)
        return 0;
    memory = malloc(count * size);
    return memory ? memset(memory, 0, count * size) : 0;
}

void *realloc(void *memory, size_t size)
{
    void *larger = malloc(size);
    if (larger && memory) {
        size_t had = *(size_t *)((uintptr_t)memory - HEADER);
        memcpy(larger, memory, had < size ? had : size);
    }
    return larger;
}

void free(void *memory) { (void)memory; }

void *memcpy(void *to, const void *from, size_t size)
{
    unsigned char *a = to;
    const unsigned char *b = from;
    while (size--)
        *a++ = *b++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *a = to;
    const unsigned char *b = from;
    if (a <= b)
        return memcpy(to, from, size);
    while (size--)
        a[size] = b[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    unsigned char *a = to;
    while (size--)
        *a++ = (unsigned char)value;
    return to;
}

static void swap(unsigned char *a, unsigned char *b, size_t size)
{
    while (size--) {
        unsigned char one = *a;
        *a++ = *b;
        *b++ = one;
    }
}

/* Heapsort: items that compare as equal are the same to all callers. */
static void sink(unsigned char *items, size_t at, size_t count, size_t size,
                 int (*compare)(const void *, const void *))
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + at * size, items + child * size) >= 0)
            return;
        swap(items + at * size, items + child * size, size);
        at = child;
    }
}

void qsort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    unsigned char *bytes = items;
    size_t i;
    for (i = count / 2; i > 0; i--)
        sink(bytes, i - 1, count, size, compare);
    for (i = count; i > 1; i--) {
        swap(bytes, bytes + (i - 1) * size, size);
        sink(bytes, 0, i - 1, size, compare);
    }
}
