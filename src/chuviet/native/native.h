/* What chuviet/native/__init__.py calls.
 *
 * The arithmetic is that of the Python code, in doubles and in the same order, so that both decide alike to the last
 * bit. Compile without options that reorder or join floating point operations (chuviet/native/build.py).
 *
 * C99. No globals and no shared state: any number of threads may call, with arrays that nobody writes to meanwhile.
 * Where Python would meet NaN or raise an error, the answer is ODD, and the caller lets Python do it.
 */
#ifndef CHUVIET_NATIVE_H
#define CHUVIET_NATIVE_H

#include <stdint.h>

/* As VERSION in chuviet/native/__init__.py; count both up with every change of a structure or an argument. */
#define CHUVIET_VERSION 4

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

enum status { OK = 0, ODD = 1, NO_MEMORY = 2, BAD_ARGUMENT = 3, NO_PATH = 4 };

/* The classes' probabilities, or their logarithms, in the frames of a line: `count` x `classes`. */
typedef struct {
    const void *values; /* float where `single`, else double */
    int64_t count, classes;
    int32_t single;
} Frames;

/* The n-grams of one order; see `_Table` in chuviet/language/ngram.py. */
typedef struct {
    int64_t count, size, slot_count;
    const int64_t *contexts; /* count: keys */
    const int32_t *offsets;  /* count + 1: where followers begin among those of all orders */
    const float *backoff;    /* count */
    const float *sums;       /* count */
    const int32_t *slots;    /* slot_count: a hash table of numbers of contexts, -1 in free slots */
} Level;

typedef struct {
    int32_t order, dense, end;
    int64_t followers;
    uint64_t modulus;           /* of the keys, at most 2^62 */
    const uint64_t *terms;      /* order x (end + 2): what each character adds to a key, first that of the last one */
    const uint16_t *characters; /* followers */
    const float *probs;         /* followers */
    const Level *levels;        /* order */
} Table;

typedef struct {
    int64_t width;
    double ratio, alpha;
    double most; /* what a new character's weight is at most */
} Options;

/* The texts found: three numbers each (worth, bonus, log likelihood), and their ids one text after another. */
typedef struct {
    int64_t count, length;
    double *numbers;  /* count 3 */
    int64_t *lengths; /* count */
    int32_t *ids;     /* length */
} Result;

EXPORTED int chuviet_version(void);

/* That of a class in frame t. Copying all of them to doubles would take as long as a search. */
static inline double value_at(const Frames *frames, int64_t t, int64_t c)
{
    int64_t i = t * frames->classes + c;
    return frames->single ? ((const float *)frames->values)[i] : ((const double *)frames->values)[i];
}

/* Searches probabilities; `likely` from ends[t] to ends[t + 1] are the classes of frame t that
 * may be new characters. `table` may be NULL. `result` is to be released when the answer is OK. */
EXPORTED int chuviet_search(const Frames *frames, const int32_t *likely, const int64_t *ends, const Options *options,
                            const Table *table, Result *result);
EXPORTED void chuviet_release(Result *result);

/* As `NGram.score`, of the ids from `start` to before `count`, and the line's end, once those before `start` are written.
 */
EXPORTED int chuviet_score(const Table *table, const int32_t *ids, int64_t start, int64_t count, double least,
                           double *total);

/* As `sum_alignments`, of one text of `count` ids: `scales` gets what all was divided by after each `rescale` frames, one
 * every `stride` numbers; `last` the sum of the two last states. */
EXPORTED int chuviet_sum_alignments(const Frames *frames, const int32_t *ids, int64_t count, int64_t rescale,
                                    double smallest, double *scales, int64_t stride, double *last);

/* As `_viterbi`: `path` gets the state of the text of `count` ids in each of the frames. ODD for NaN or infinity. */
EXPORTED int chuviet_align(const Frames *frames, const int32_t *ids, int64_t count, int64_t *path);

/* As `edit_distances`, of a text of `size` letters to `count` names, whose letters stand one name after another. */
EXPORTED int chuviet_edit_distances(const uint32_t *text, int64_t size, const uint32_t *letters, const int64_t *lengths,
                                    int64_t count, int64_t *distances);

/* As `_gap` in chuviet/reading/stacked.py, of ink of 8 to 256 rows and at most 256 columns. `falls`: how many rows further
 * down each of the `directions` meets each column; `levels`: of a column's and a row's numbers, how many are below the
 * one that counts as a ruled line. */
EXPORTED int chuviet_gap_between_lines(const float *image, int64_t height, int64_t width, const int32_t *falls,
                                       int64_t directions, const int64_t *levels, double share, double alike,
                                       double *gap);

#endif
