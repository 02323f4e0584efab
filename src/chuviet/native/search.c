/* The beam search of chuviet/decode/prefix_search.py; what each step is for is explained there. */
#include "search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int reserve(Search *s, Array *array, int64_t more, size_t size)
{
    int64_t wanted, limit = (int64_t)(SIZE_MAX / 2 < INT64_MAX ? SIZE_MAX / 2 : INT64_MAX / 2) / (int64_t)size;
    void *items;
    if (more <= array->room - array->count)
        return 1;
    if (more > limit - array->count) {
        s->status = NO_MEMORY;
        return 0;
    }
    wanted = array->count + more;
    if (wanted < 64)
        wanted = 64;
    if (array->room <= limit / 2 && wanted < 2 * array->room)
        wanted = 2 * array->room;
    items = realloc(array->items, (size_t)wanted * size);
    if (!items) {
        s->status = NO_MEMORY;
        return 0;
    }
    array->items = items;
    array->room = wanted;
    return 1;
}

int64_t add_prefix(Search *s, int64_t parent, int32_t class_id, double weight)
{
    Prefix *prefix = prefix_at(s, s->prefixes.count);
    memset(prefix, 0, sizeof *prefix);
    prefix->parent = parent;
    prefix->class_id = class_id;
    prefix->weight = weight;
    prefix->asked = prefix->contexts = NONE;
    return s->prefixes.count++;
}

static int64_t find_asked(const Search *s, const Prefix *prefix, int32_t class_id)
{
    int64_t i = prefix->asked;
    while (i != NONE && asked_at(s, i)->class_id != class_id)
        i = asked_at(s, i)->next;
    return i;
}

static int has(const int32_t *likely, int64_t count, int32_t class_id)
{
    int64_t i;
    for (i = 0; i < count; i++)
        if (likely[i] == class_id)
            return 1;
    return 0;
}

/* The highest value first; of equal ones the later parent, then the higher class. */
static int compare_candidates(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    if (x->parent != y->parent)
        return x->parent > y->parent ? -1 : 1;
    return (x->class_id < y->class_id) - (x->class_id > y->class_id);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* `_Beam._grow`: adds what comes from parents that are kept too; returns what a new prefix must be better than. */
static double grow(Search *s, int64_t t, const int32_t *likely, int64_t count)
{
    double highest = 0, lowest = 0, worst;
    int64_t i;
    for (i = 0; i < s->beam.count; i++) {
        Prefix *prefix = beam_at(s, i);
        const Prefix *parent = prefix->parent == NONE ? NULL : prefix_at(s, prefix->parent);
        int32_t c = prefix->class_id;
        if (parent && parent->kept && has(likely, count, c)) {
            double gain = value_at(s->frames, t, c) * prefix->weight;
            prefix->last += gain * (parent->class_id == c ? parent->was_blank : parent->total);
        }
        prefix->value = prefix->blank + prefix->last;
        if (isnan(prefix->value))
            s->status = ODD;
        if (i == 0 || prefix->value > highest)
            highest = prefix->value;
        if (i == 0 || prefix->value < lowest)
            lowest = prefix->value;
    }
    worst = highest * s->options->ratio;
    return s->beam.count >= s->options->width && lowest > worst ? lowest : worst;
}

/* `_Beam._candidates`: new prefixes that may be better than `worst`, the best first. */
static void find_candidates(Search *s, int64_t t, const int32_t *likely, int64_t count, double worst)
{
    int64_t i, j;
    s->candidates.count = 0;
    for (j = 0; j < count; j++) {
        int32_t c = likely[j];
        double gain = value_at(s->frames, t, c) * s->options->most;
        if (!reserve(s, &s->candidates, s->beam.count, sizeof(Candidate)))
            return;
        for (i = 0; i < s->beam.count; i++) {
            const Prefix *prefix = beam_at(s, i);
            double most = (prefix->class_id == c ? prefix->was_blank : prefix->total) * gain;
            int64_t asked, child;
            Candidate *new;
            if (!(most > worst) || !(prefix->total * gain > worst))
                continue;
            asked = find_asked(s, prefix, c);
            child = asked == NONE ? NONE : asked_at(s, asked)->child;
            if (child != NONE && prefix_at(s, child)->kept)
                continue;
            new = (Candidate *)s->candidates.items + s->candidates.count++;
            new->value = most;
            new->parent = ((int64_t *)s->beam.items)[i];
            new->class_id = c;
            new->asked = asked;
        }
    }
    if (s->candidates.count > 1)
        qsort(s->candidates.items, (size_t)s->candidates.count, sizeof(Candidate), compare_candidates);
}

/* `_Beam._ask`: asks the n-gram model about a candidate's last character. */
static int ask(Search *s, Candidate *new)
{
    Prefix *parent = prefix_at(s, new->parent);
    Asked *asked;
    double worth = 1.0;
    if (!reserve(s, &s->asked, 1, sizeof(Asked)))
        return 0;
    if (s->table) {
        worth = exp(s->options->alpha * log_prob(s, parent, new->class_id - 1));
        if (!isfinite(worth))
            s->status = ODD;
    }
    new->asked = s->asked.count++;
    asked = asked_at(s, new->asked);
    asked->worth = worth;
    asked->class_id = new->class_id;
    asked->child = NONE;
    asked->next = parent->asked;
    parent->asked = new->asked;
    return s->status == OK;
}

/* Puts a value in its place among the `width` best, which ascend. There is room for it. */
static void insert_best(Array *best, double value, int64_t width)
{
    double *values = best->items;
    int64_t low = 0, high = best->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (value < values[middle])
            high = middle;
        else
            low = middle + 1;
    }
    memmove(values + low + 1, values + low, (size_t)(best->count - low) * sizeof *values);
    values[low] = value;
    if (++best->count > width)
        memmove(values, values + 1, (size_t)--best->count * sizeof *values);
}

/* The candidates that are worth more than `*worst`, which rises with them, moved to the front; returns their number. */
static int64_t accept(Search *s, double *worst)
{
    Candidate *candidates = s->candidates.items;
    int64_t width = s->options->width, accepted = 0, i;
    int full = s->beam.count + s->candidates.count > width;
    s->best.count = 0;
    if (full) {
        if (!reserve(s, &s->best, s->beam.count + s->candidates.count + 1, sizeof(double)))
            return 0;
        for (i = 0; i < s->beam.count; i++)
            ((double *)s->best.items)[i] = beam_at(s, i)->value;
        s->best.count = s->beam.count;
        qsort(s->best.items, (size_t)s->best.count, sizeof(double), compare_doubles);
    }
    for (i = 0; i < s->candidates.count && candidates[i].value > *worst; i++) {
        double value;
        if (candidates[i].asked == NONE && !ask(s, &candidates[i]))
            return 0;
        value = candidates[i].value * asked_at(s, candidates[i].asked)->worth;
        if (!(value > *worst))
            continue;
        candidates[accepted] = candidates[i];
        candidates[accepted++].value = value;
        if (value * s->options->ratio > *worst)
            *worst = value * s->options->ratio;
        if (full) {
            double lowest;
            insert_best(&s->best, value, width);
            lowest = ((double *)s->best.items)[0];
            if (s->best.count == width && lowest > *worst)
                *worst = lowest;
        }
    }
    return accepted;
}

/* `_Beam._merge`: keeps the best of the beam and of the candidates. */
static void merge(Search *s, double worst)
{
    const Candidate *candidates;
    int64_t accepted = accept(s, &worst), width = s->options->width, count = 0, known, i;
    int64_t *beam;
    if (s->status != OK || !accepted || !reserve(s, &s->beam, accepted, sizeof(int64_t)) ||
        !reserve(s, &s->prefixes, accepted, sizeof(Prefix)))
        return;
    beam = s->beam.items;
    candidates = s->candidates.items;
    known = s->prefixes.count;
    for (i = 0; i < s->beam.count; i++) {
        Prefix *prefix = prefix_at(s, beam[i]);
        prefix->kept = prefix->value > 0 && prefix->value >= worst && count < width;
        if (prefix->kept)
            beam[count++] = beam[i];
    }
    for (i = 0; i < accepted; i++) {
        const Candidate *new = &candidates[i];
        Asked *asked = asked_at(s, new->asked);
        Prefix *child;
        if (!(new->value >= worst && count < width))
            continue;
        if (asked->child == NONE)
            asked->child = add_prefix(s, new->parent, new->class_id, s->options->most * asked->worth);
        child = prefix_at(s, asked->child);
        child->kept = 1;
        child->blank = 0;
        child->last = new->value;
        beam[count++] = asked->child;
    }
    s->beam.count = count;
    if (s->table)
        look_up(s, known, s->prefixes.count - known);
}

/* `_Beam.step`: one more frame, of which the `count` classes `likely` may be new characters. */
static void step(Search *s, int64_t t, const int32_t *likely, int64_t count)
{
    double best = 0, p_blank = value_at(s->frames, t, 0);
    int64_t i;
    for (i = 0; i < s->beam.count; i++) {
        Prefix *prefix = beam_at(s, i);
        double total = prefix->blank + prefix->last;
        if (isnan(total))
            s->status = ODD;
        prefix->was_blank = prefix->blank;
        prefix->total = total;
        prefix->last = prefix->last * value_at(s->frames, t, prefix->class_id);
        prefix->blank = total * p_blank;
        if (total > best)
            best = total;
    }
    if (count && s->status == OK) {
        double worst = grow(s, t, likely, count);
        if (s->status == OK)
            find_candidates(s, t, likely, count, worst);
        if (s->status == OK && s->candidates.count)
            merge(s, worst);
    }
    if (!(1e-100 < best && best < 1e100) && best > 0) {
        for (i = 0; i < s->beam.count; i++) {
            Prefix *prefix = beam_at(s, i);
            prefix->blank /= best;
            prefix->last /= best;
        }
        s->log_scale += log(best);
    }
}

static int64_t length_of(const Search *s, const Prefix *prefix)
{
    int64_t length = 0;
    for (; prefix->parent != NONE; prefix = prefix_at(s, prefix->parent))
        length++;
    return length;
}

/* Writes the ids of a prefix to `ids`, which has `length`; returns the sum of the logarithms of its weights. */
static double write_ids(Search *s, const Prefix *prefix, int32_t *ids, int64_t length)
{
    double bonus = 0;
    for (; prefix->parent != NONE; prefix = prefix_at(s, prefix->parent)) {
        ids[--length] = prefix->class_id - 1;
        if (!(prefix->weight > 0))
            s->status = ODD;
        else
            bonus += log(prefix->weight);
    }
    return bonus;
}

/* `_Beam.ended`: the prefixes as whole lines, in the beam's order. */
static void finish(Search *s, Result *result)
{
    int64_t i, length = 0;
    for (i = 0; i < s->beam.count; i++)
        length += length_of(s, beam_at(s, i));
    result->numbers = malloc((size_t)s->beam.count * 3 * sizeof(double));
    result->lengths = malloc((size_t)s->beam.count * sizeof(int64_t));
    result->ids = malloc((size_t)(length + 1) * sizeof(int32_t));
    if (!result->numbers || !result->lengths || !result->ids) {
        s->status = NO_MEMORY;
        return;
    }
    for (i = 0; i < s->beam.count && s->status == OK; i++) {
        Prefix *prefix = beam_at(s, i);
        double sum = prefix->blank + prefix->last, value, end, bonus;
        if (isnan(sum))
            s->status = ODD;
        if (!(sum > 0))
            continue;
        length = length_of(s, prefix);
        value = log(sum);
        end = s->table ? s->options->alpha * log_prob(s, prefix, s->table->end) : 0.0;
        bonus = write_ids(s, prefix, result->ids + result->length, length);
        result->numbers[3 * result->count] = value + end;
        result->numbers[3 * result->count + 1] = bonus + end;
        result->numbers[3 * result->count + 2] = value + s->log_scale - bonus;
        result->lengths[result->count++] = length;
        result->length += length;
    }
}

static int fits(const Frames *frames, const int32_t *likely, const int64_t *ends, const Options *options,
                const Table *table)
{
    int64_t classes = frames->classes, t, i;
    if (frames->count < 0 || classes < 1 || classes > INT32_MAX || options->width < 1 || ends[0] != 0)
        return 0;
    for (t = 0; t < frames->count; t++)
        if (ends[t + 1] < ends[t])
            return 0;
    for (i = 0; i < ends[frames->count]; i++)
        if (likely[i] < 1 || likely[i] >= classes)
            return 0;
    return !table || (table->end == classes - 1 && fits_table(table));
}

void free_search(Search *s)
{
    free(s->prefixes.items);
    free(s->asked.items);
    free(s->contexts.items);
    free(s->candidates.items);
    free(s->best.items);
    free(s->beam.items);
}

int chuviet_version(void) { return CHUVIET_VERSION; }

void chuviet_release(Result *result)
{
    free(result->numbers);
    free(result->lengths);
    free(result->ids);
    memset(result, 0, sizeof *result);
}

int chuviet_search(const Frames *frames, const int32_t *likely, const int64_t *ends, const Options *options,
                   const Table *table, Result *result)
{
    Search s;
    int64_t t;
    memset(result, 0, sizeof *result);
    if (!fits(frames, likely, ends, options, table))
        return BAD_ARGUMENT;
    memset(&s, 0, sizeof s);
    s.frames = frames;
    s.options = options;
    s.table = table;
    if (reserve(&s, &s.prefixes, 1, sizeof(Prefix)) && reserve(&s, &s.beam, 1, sizeof(int64_t))) {
        ((int64_t *)s.beam.items)[s.beam.count++] = add_prefix(&s, NONE, 0, 1.0);
        prefix_at(&s, 0)->blank = 1.0;
        prefix_at(&s, 0)->kept = 1;
        if (table)
            look_up(&s, 0, 1);
    }
    for (t = 0; t < frames->count && s.status == OK; t++)
        step(&s, t, likely + ends[t], ends[t + 1] - ends[t]);
    if (s.status == OK)
        finish(&s, result);
    if (s.status != OK)
        chuviet_release(result);
    free_search(&s);
    return s.status;
}
