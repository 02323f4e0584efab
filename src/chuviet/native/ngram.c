/* The look-ups of chuviet/language/ngram.py: contexts and followers are explained there. */
#include "search.h"

#include <math.h>
#include <string.h>

#define MAX_ORDER 128

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

/* Looks up the contexts of a prefix: first the longer ones, the longest first, then the shorter, the shortest first. */
static int look_up(Search *s, Prefix *prefix)
{
    const Table *table = s->table;
    const Prefix *from = prefix;
    uint64_t keys[MAX_ORDER];
    int64_t slots[MAX_ORDER], found[MAX_ORDER];
    double weight = 1.0, total = 0.0, mass = 1.0, sum;
    uint64_t key = 0;
    int k;
    if (!reserve(s, &s->contexts, table->order, sizeof(Context)))
        return 0;
    for (k = 0; k < table->order; k++) {
        /* Before the line's first character, one that stands for its start. */
        int64_t character = from->parent == NONE ? (int64_t)table->end + 1 : (int64_t)from->class_id - 1;
        keys[k] = key;
        slots[k] = (int64_t)(key % (uint64_t)table->levels[k].size);
        key += table->terms[k * ((int64_t)table->end + 2) + character];
        if (key >= table->modulus)
            key -= table->modulus;
        if (from->parent != NONE)
            from = prefix_at(s, from->parent);
    }
    /* One after another without a branch, so that the processor waits for all of them at a time, not for each. */
    for (k = 0; k < table->order; k++)
        FETCH(&table->levels[k].slots[slots[k]]);
    for (k = 0; k < table->order; k++) {
        const Level *level = &table->levels[k];
        int64_t i = found[k] = level->slots[slots[k]];
        if (i >= 0 && i < level->count) {
            FETCH(&level->contexts[i]);
            FETCH(&level->offsets[i]);
            FETCH(&level->backoff[i]);
            FETCH(&level->sums[i]);
        }
    }
    for (k = 0; k < table->order; k++)
        found[k] = found[k] < 0 ? NONE : find_context(&table->levels[k], keys[k], slots[k]);
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

double log_prob(Search *s, Prefix *prefix, int32_t character)
{
    const Table *table = s->table;
    const Context *context;
    double prob = 1.0 / (table->end + 1);
    int64_t at;
    int32_t i;
    if (prefix->contexts == NONE && !look_up(s, prefix))
        return 0;
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
    if (reserve(&s, &s.prefixes, count + 1, sizeof(Prefix)))
        add_prefix(&s, NONE, 0, 1.0);
    for (i = 0; i < count && s.status == OK; i++) {
        if (i >= start) {
            *total += log_prob(&s, prefix_at(&s, i), ids[i]);
            if (*total < least)
                break;
        }
        add_prefix(&s, i, ids[i] + 1, 1.0);
    }
    if (i == count && s.status == OK)
        *total += log_prob(&s, prefix_at(&s, count), table->end);
    free_search(&s);
    return s.status;
}
