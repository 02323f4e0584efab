/* What search.c and ngram.c share: the prefixes of a search, or the one prefix that is scored. */
#ifndef CHUVIET_SEARCH_H
#define CHUVIET_SEARCH_H

#include "native.h"

#include <stddef.h>

#define NONE (-1)

/* A context of a prefix that the n-gram model knows, and where its followers are. */
typedef struct {
    double weight;
    int32_t low, high;
} Context;

typedef struct {
    int64_t parent; /* NONE: the empty prefix */
    int64_t asked;  /* the last of the characters that were asked for behind it */
    double weight, blank, last, was_blank, total, value;
    double row_weight, log_sum;
    int64_t contexts; /* the first of its contexts; NONE before they are looked up */
    int32_t longer, shorter;
    int32_t class_id;
    int kept;
} Prefix;

/* A character behind a prefix. */
typedef struct {
    double worth;  /* the rescorer's probability to the power of alpha */
    int64_t next;  /* another character behind the same prefix */
    int64_t child; /* the prefix that ends in it; NONE before there is one */
    int32_t class_id;
} Asked;

typedef struct {
    double value; /* what the new prefix is worth: at most, then really */
    int64_t parent, asked;
    int32_t class_id;
} Candidate;

typedef struct {
    void *items;
    int64_t count, room;
} Array;

typedef struct {
    const Frames *frames;
    const Options *options;
    const Table *table;
    Array prefixes, asked, contexts, candidates, best, beam;
    double log_scale;
    enum status status;
} Search;

static inline Prefix *prefix_at(const Search *s, int64_t i) { return (Prefix *)s->prefixes.items + i; }
static inline Asked *asked_at(const Search *s, int64_t i) { return (Asked *)s->asked.items + i; }
static inline Prefix *beam_at(const Search *s, int64_t i) { return prefix_at(s, ((int64_t *)s->beam.items)[i]); }

/* Makes room for `more` items; zero when there is no memory. */
int reserve(Search *s, Array *array, int64_t more, size_t size);

/* A new prefix at the end of the array, which has room for it. */
int64_t add_prefix(Search *s, int64_t parent, int32_t class_id, double weight);

void free_search(Search *s);

int fits_table(const Table *table);

/* Looks up what the n-gram model knows of `count` prefixes from `first` on; zero when the status is not OK. */
int look_up(Search *s, int64_t first, int64_t count);

/* Natural log probability of a character, or of the line's end, behind a prefix that was looked up. */
double log_prob(Search *s, Prefix *prefix, int32_t character);

#endif
