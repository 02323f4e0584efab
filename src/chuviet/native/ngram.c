/* The look-ups of chuviet/language/ngram.py: contexts and followers are explained there. */
#include "search.h"

#include <math.h>
#include <string.h>

#define MAX_ORDER 128
#define TOGETHER 8 /* prefixes that are looked up at a time */

#if defined(__GNUC__) || defined(__clang__)
#define FETCH(address) __builtin_prefetch(address)
#else
#define FETCH(address) ((void)0)
#endif

/* The number of the context with this key, given the slot that it has if it has its own; NONE where it is not there. */
static int64_t find_context(const Level *level, uint64_t key, int64_t slot)
{
    for (; slot < level->slot_count; slot++) {
        int32_t i = level->slots[slot];
        if (i < 0 || i >= level->count)
            return NONE;
        if ((uint64_t)level->contexts[i] == key)
            return i;
    }
    return NONE;
}

/* Where `character` is among the followers of a context; NONE where it is not. */
static int64_t find_follower(const Table *table, const Context *context, int32_t character)
{
    int64_t low = context->low, high = context->high;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (table->characters[middle] < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low < context->high && table->characters[low] == character ? low : NONE;
}

/* Adds a context to those of the prefix; zero where its followers are none of the table's. There is room for it. */
static int add_context(Search *s, const Level *level, int64_t i, double weight)
{
    Context *context = (Context *)s->contexts.items + s->contexts.count;
    context->weight = weight;
    context->low = level->offsets[i];
    context->high = level->offsets[i + 1];
    if (context->low < 0 || context->low > context->high || context->high > s->table->followers) {
        s->status = BAD_ARGUMENT;
        return 0;
    }
    s->contexts.count++;
    return 1;
}

/* The contexts of a prefix, one of each order: their keys, their slots, and then their numbers. */
typedef struct {
    Prefix *prefix;
    uint64_t keys[MAX_ORDER];
    int64_t places[MAX_ORDER];
} Wanted;

/* Computes keys and slots; what lies in the slots is on its way when this returns. */
static void find_slots(const Search *s, Wanted *wanted)
{
    const Table *table = s->table;
    const Prefix *from = wanted->prefix;
    uint64_t key = 0;
    int k;
    for (k = 0; k < table->order; k++) {
        /* Before the line's first character, one that stands for its start. */
        int64_t character = from->parent == NONE ? (int64_t)table->end + 1 : (int64_t)from->class_id - 1;
        const Level *level = &table->levels[k];
        wanted->keys[k] = key;
        wanted->places[k] = (int64_t)(key % (uint64_t)level->size);
        FETCH(&level->slots[wanted->places[k]]);
        key += table->terms[k * ((int64_t)table->end + 2) + character];
        if (key >= table->modulus)
            key -= table->modulus;
        if (from->parent != NONE)
            from = prefix_at(s, from->parent);
    }
}

/* Fetches the contexts that the slots name. */
static void fetch_contexts(const Search *s, const Wanted *wanted)
{
    int k;
    for (k = 0; k < s->table->order; k++) {
        const Level *level = &s->table->levels[k];
        int64_t i = level->slots[wanted->places[k]];
        if (i < 0 || i >= level->count)
            continue;
        FETCH(&level->contexts[i]);
        FETCH(&level->offsets[i]);
        FETCH(&level->backoff[i]);
        FETCH(&level->sums[i]);
    }
}

/* Finds the contexts, and fetches their followers. */
static void find_contexts(const Search *s, Wanted *wanted)
{
    int k;
    for (k = 0; k < s->table->order; k++) {
        const Level *level = &s->table->levels[k];
        int64_t i = find_context(level, wanted->keys[k], wanted->places[k]);
        wanted->places[k] = i;
        if (i == NONE)
            continue;
        FETCH(&s->table->characters[level->offsets[i]]);
        FETCH(&s->table->probs[level->offsets[i]]);
    }
}

/* Writes down the contexts of a prefix: the longer ones, the longest first, then the shorter, the shortest first. */
static int add_contexts(Search *s, const Wanted *wanted)
{
    const Table *table = s->table;
    const int64_t *found = wanted->places;
    Prefix *prefix = wanted->prefix;
    double weight = 1.0, total = 0.0, mass = 1.0, sum;
    int k;
    if (!reserve(s, &s->contexts, table->order, sizeof(Context)))
        return 0;
    prefix->contexts = s->contexts.count;
    for (k = table->order - 1; k >= table->dense; k--) {
        const Level *level = &table->levels[k];
        if (found[k] == NONE)
            continue;
        if (!add_context(s, level, found[k], weight))
            return 0;
        total += weight * level->sums[found[k]];
        weight *= level->backoff[found[k]];
    }
    prefix->longer = (int32_t)(s->contexts.count - prefix->contexts);
    for (k = 0; k < table->dense; k++) {
        const Level *level = &table->levels[k];
        if (found[k] == NONE)
            continue;
        if (!add_context(s, level, found[k], level->backoff[found[k]]))
            return 0;
        mass = mass * level->backoff[found[k]] + level->sums[found[k]];
    }
    prefix->shorter = (int32_t)(s->contexts.count - prefix->contexts) - prefix->longer;
    prefix->row_weight = weight;
    sum = total + weight * mass;
    if (!(sum > 0))
        s->status = ODD;
    else
        prefix->log_sum = log(sum);
    return s->status == OK;
}

/* Each step is done for several prefixes before the next one: memory is slow, and answers many questions at a time. */
int look_up(Search *s, int64_t first, int64_t count)
{
    Wanted wanted[TOGETHER];
    int64_t start;
    for (start = first; start < first + count; start += TOGETHER) {
        int n = (int)(first + count - start < TOGETHER ? first + count - start : TOGETHER), i;
        for (i = 0; i < n; i++) {
            wanted[i].prefix = prefix_at(s, start + i);
            find_slots(s, &wanted[i]);
        }
        for (i = 0; i < n; i++)
            fetch_contexts(s, &wanted[i]);
        for (i = 0; i < n; i++)
            find_contexts(s, &wanted[i]);
        for (i = 0; i < n; i++)
            if (!add_contexts(s, &wanted[i]))
                return 0;
    }
    return 1;
}

double log_prob(Search *s, Prefix *prefix, int32_t character)
{
    const Table *table = s->table;
    const Context *context;
    double prob = 1.0 / (table->end + 1);
    int64_t at;
    int32_t i;
    context = (Context *)s->contexts.items + prefix->contexts + prefix->longer;
    for (i = 0; i < prefix->shorter; i++, context++) {
        prob *= context->weight;
        if ((at = find_follower(table, context, character)) != NONE)
            prob += table->probs[at];
    }
    prob *= prefix->row_weight;
    context = (Context *)s->contexts.items + prefix->contexts;
    for (i = 0; i < prefix->longer; i++, context++)
        if ((at = find_follower(table, context, character)) != NONE)
            prob += context->weight * table->probs[at];
    if (!(prob > 0)) {
        s->status = ODD;
        return 0;
    }
    return log(prob) - prefix->log_sum;
}

int fits_table(const Table *table)
{
    int64_t i;
    if (table->order < 1 || table->order > MAX_ORDER || table->dense < 0 || table->dense > table->order ||
        table->modulus < 1 || table->modulus > (uint64_t)1 << 62)
        return 0;
    for (i = 0; i < table->order; i++) {
        const Level *level = &table->levels[i];
        if (level->size < 1 || level->slot_count < level->size || level->count < 0)
            return 0;
    }
    return 1;
}

int chuviet_score(const Table *table, const int32_t *ids, int64_t start, int64_t count, double least, double *total)
{
    Search s;
    int64_t i;
    if (start < 0 || count < start || !fits_table(table))
        return BAD_ARGUMENT;
    for (i = 0; i < count; i++)
        if (ids[i] < 0 || ids[i] >= table->end)
            return BAD_ARGUMENT;
    memset(&s, 0, sizeof s); /* of a search no more than a chain of prefixes */
    s.table = table;
    *total = 0;
    if (reserve(&s, &s.prefixes, count + 1, sizeof(Prefix))) {
        add_prefix(&s, NONE, 0, 1.0);
        for (i = 0; i < count; i++)
            add_prefix(&s, i, ids[i] + 1, 1.0);
        look_up(&s, start, count + 1 - start);
    }
    for (i = start; i < count && s.status == OK; i++) {
        *total += log_prob(&s, prefix_at(&s, i), ids[i]);
        if (*total < least)
            break;
    }
    if (i == count && s.status == OK)
        *total += log_prob(&s, prefix_at(&s, count), table->end);
    free_search(&s);
    return s.status;
}
